import type { InputItem, Item } from './responses-items.ts'
import type { ToolOfClient } from './responses-offer.ts'

/** What an answer of the Responses API needs to know of its request. */
export interface ResponsesEcho {
  readonly instructions: string | undefined
  /** Of the response whose conversation this one goes on with. */
  readonly previousId: string | undefined
  readonly input: readonly InputItem[]
  /** The conversation before `input`; known once it was recalled. */
  readonly earlier: readonly Item[]
  /** Whether the client wants it kept. */
  readonly store: boolean
  /** Of the conversation and the parameters, as JSON. */
  readonly chars: number
  /** Tools that are something else to the client than to a model, by what a model calls them. */
  readonly toolsOfClient: ReadonlyMap<string, ToolOfClient>
  /** Parameters as every response repeats them; `JSON.stringify` writes their numbers digit for digit. */
  readonly said: object
}

/**
 * A response is kept whole, so each turn of a conversation is kept again with the next one. More than this
 * (of JSON, in UTF-16 units) is not kept; the response then says `"store": false`.
 */
export const keptCharsMax = 1024 * 1024
