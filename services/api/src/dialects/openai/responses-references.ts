import { DroverError } from '@drover/shared/errors/drover-error'
import type { ParsedRequest } from '../dialect.ts'
import type { ResponsesEcho } from './responses-echo.ts'
import type { InputItem, Item } from './responses-items.ts'
import { isItem, withConversation } from './responses-request.ts'

/** Input that refers to items of earlier answers by their ids, as clients do that know the server keeps them. */

/** An item of an answer that is kept. */
export interface Output {
  readonly id: string
  readonly item: Item
  /** Of the item, as JSON. */
  readonly chars: number
}

/** The response's own id is in the middle: `itemId` makes them so. */
const itemIds = /^(?:msg|fc|ctc|rs)_(\w{1,100})_\d{1,6}$/

const responsesMax = 256

/** Of all that stands for references, as JSON: a reference is short and may be repeated, what it stands for is not. */
const referredCharsMax = 8 * 1024 * 1024

/** Ids of the responses that have the items. Throws DroverError when they are too many. */
export const referredResponses = (input: readonly InputItem[]): string[] => {
  const ids = new Set<string>()
  for (const item of input) {
    const [, id] = isItem(item) ? [] : (itemIds.exec(item.id) ?? [])
    if (id !== undefined) ids.add(`resp_${id}`)
  }
  if (ids.size <= responsesMax) return [...ids]
  const problem = `must not refer to items of more than ${responsesMax} responses`
  throw new DroverError('invalid_request', { field: 'input', problem })
}

/** Puts items in the place of references to them. Throws DroverError for one that is not there. */
export const withReferred = (
  parsed: ParsedRequest<ResponsesEcho>,
  earlier: readonly Item[],
  outputs: readonly Output[],
): ParsedRequest<ResponsesEcho> => {
  const kept = new Map(outputs.map(output => [output.id, output]))
  let chars = 0
  const input = parsed.echo.input.flatMap((item, index) => {
    if (isItem(item)) return item
    const found = kept.get(item.id)
    // A model can do without its earlier thoughts, and a client may have kept them longer than they are kept here.
    if (found === undefined && item.id.startsWith('rs_')) return []
    if (found !== undefined) {
      chars += found.chars
      if (chars <= referredCharsMax) return found.item
      const tooMuch = `must not refer to items of more than ${referredCharsMax} characters in all`
      throw new DroverError('invalid_request', { field: 'input', problem: tooMuch })
    }
    const problem = 'must be the id of an item of a response that is kept'
    throw new DroverError('invalid_request', { field: `input[${index}].id`, problem })
  })
  return withConversation(parsed, earlier, input)
}
