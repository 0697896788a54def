import type { Logprob, StreamEvent } from '@drover/shared/events'

/** A model that never stops must not fill Redis. In characters, as the log has them. */

/** Of text, reasoning, tool calls and context. */
const textCharsMax = 8 * 1024 * 1024

/** Of vectors and log probabilities: 2,048 vectors of 4,096 numbers are 43 Mi, 50,000 tokens with 20 alternatives each 60 Mi. */
const figuresCharsMax = 64 * 1024 * 1024

/** How long an answer has become. */
export class AnswerSize {
  #textChars = 0
  #figuresChars = 0

  /** False when it is longer than an answer may be. */
  add(events: readonly StreamEvent[]): boolean {
    for (const event of events) this.#add(event)
    return this.#textChars <= textCharsMax && this.#figuresChars <= figuresCharsMax
  }

  #add(event: StreamEvent): void {
    switch (event.type) {
      case 'text':
        this.#textChars += event.text.length
        for (const logprob of event.logprobs ?? []) this.#figuresChars += logprobChars(logprob)
        return
      case 'reasoning':
        this.#textChars += event.text.length
        return
      case 'tool_calls':
        for (const call of event.calls) this.#textChars += call.name.length + call.arguments.length
        return
      case 'embeddings':
        for (const vector of event.vectors) this.#figuresChars += vector.length
        return
      case 'end':
        this.#textChars += event.contextJson?.length ?? 0
        return
      case 'start':
      case 'released':
      case 'error':
      case 'cancelled':
    }
  }
}

/** Names, the figure and punctuation; and of each byte, its number. */
const weighedChars = 40
const byteChars = 4

const logprobChars = ({ top, ...token }: Logprob): number =>
  [token, ...top].reduce(
    (sum, { token: text, bytes = [] }) => sum + weighedChars + text.length + bytes.length * byteChars,
    0,
  )
