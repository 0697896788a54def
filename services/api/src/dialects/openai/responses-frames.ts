import type { Logprob } from '@drover/shared/events'
import { oneLine, quote } from '../json.ts'
import { logprobsOf, type ItemStatus, type TextKind } from './responses-answer.ts'

/** A server-sent event. @param rest what its object has beside type and number, on one line. */
export type Frame = (type: string, rest: string) => string

/** Numbered from 0 without a gap. */
export const numberedFrames = (): Frame => {
  let count = 0
  return (type, rest) => `event: ${type}\ndata: {"type":"${type}","sequence_number":${count++}${rest}}\n\n`
}

export const json = (value: unknown): string => oneLine(JSON.stringify(value))

/** The frames of an item that is told in pieces. */
export class OpenItem {
  readonly kind: TextKind
  readonly #id: string
  readonly #index: number
  readonly #frame: Frame
  readonly #place: string
  readonly #logprobs: object[] = []
  #text = ''

  /** @param index of the item in the output. */
  constructor(kind: TextKind, id: string, index: number, frame: Frame) {
    this.kind = kind
    this.#id = id
    this.#index = index
    this.#frame = frame
    this.#place = `,"item_id":${quote(id)},"output_index":${index},"${kind.events.index}":0`
  }

  add(): string {
    const { item, part, events } = this.kind
    return (
      this.#item('response.output_item.added', item(this.#id, 'in_progress', [])) +
      this.#frame(`${events.part}.added`, `${this.#place},"part":${json(part('', []))}`)
    )
  }

  /** Runs once per token. */
  tell(text: string, logprobs: readonly Logprob[] | undefined): string {
    this.#text += text
    const weights = logprobsOf(logprobs)
    this.#logprobs.push(...weights)
    return this.#piece('delta', `"delta":${quote(text)}`, weights)
  }

  close(status: ItemStatus): { readonly frames: string; readonly item: object } {
    const part = this.kind.part(this.#text, this.#logprobs)
    const item = this.kind.item(this.#id, status, [part])
    const frames =
      this.#piece('done', `"text":${quote(this.#text)}`, this.#logprobs) +
      this.#frame(`${this.kind.events.part}.done`, `${this.#place},"part":${json(part)}`) +
      this.#item('response.output_item.done', item)
    return { frames, item }
  }

  #item(type: string, item: object): string {
    return this.#frame(type, `,"output_index":${this.#index},"item":${json(item)}`)
  }

  #piece(what: 'delta' | 'done', said: string, logprobs: readonly object[]): string {
    const { text, hasLogprobs } = this.kind.events
    const weights = logprobs.length === 0 ? '[]' : json(logprobs)
    return this.#frame(`${text}.${what}`, `${this.#place},${said}${hasLogprobs ? `,"logprobs":${weights}` : ''}`)
  }
}
