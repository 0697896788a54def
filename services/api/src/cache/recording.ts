import type { StreamEvent } from '@drover/shared/events'

type Output = Exclude<StreamEvent, { type: 'start' | 'released' | 'error' | 'cancelled' }>

/** What a client has seen of one answer, as few events as say it, unless it is too large to keep. */
export class Recording {
  readonly #model: string
  readonly #charsMax: number
  #events: Output[] = []
  #chars = 0
  #isComplete = false
  #isFallback = false

  /** @param model the group that was asked: what another answers in its place is not kept as its own. */
  constructor(model: string, charsMax: number) {
    this.#model = model
    this.#charsMax = charsMax
  }

  /** Undefined until the answer has come to an end of its own, and for one that is not to be kept. */
  get events(): readonly StreamEvent[] | undefined {
    return this.#isComplete && !this.#isFallback && this.#chars <= this.#charsMax ? this.#events : undefined
  }

  add(events: readonly StreamEvent[]): void {
    for (const event of events) {
      // Who answered is not said of an answer that nobody gives.
      if (event.type === 'start') this.#begin(event.model)
      if (event.type === 'start' || event.type === 'released') continue
      if (event.type === 'error' || event.type === 'cancelled') return
      this.#chars += charsOf(event)
      if (this.#chars > this.#charsMax) this.#events = []
      else this.#append(event)
      this.#isComplete = event.type === 'end' && keptReasons.has(event.reason)
    }
  }

  /** Nothing that an earlier attempt may have told was seen by the client. */
  #begin(model: string | undefined): void {
    this.#isFallback = model !== undefined && model !== this.#model
    this.#events = []
    this.#chars = 0
  }

  #append(event: Output): void {
    const last = this.#events.at(-1)
    const joined = last && join(last, event)
    if (joined === undefined) this.#events.push(event)
    else this.#events[this.#events.length - 1] = joined
  }
}

const keptReasons: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls'])

/** One piece of text of two, unless something is said of each. */
const join = (last: Output, next: Output): Output | undefined => {
  if (last.type === 'reasoning' && next.type === 'reasoning') return { ...last, text: last.text + next.text }
  if (last.type !== 'text' || next.type !== 'text' || next.logprobs !== undefined) return undefined
  return last.logprobs === undefined ? { ...last, text: last.text + next.text } : undefined
}

/** Not more than its JSON has. */
const charsOf = (event: Output): number => {
  switch (event.type) {
    case 'text':
      return event.text.length + (event.logprobs === undefined ? 0 : JSON.stringify(event.logprobs).length)
    case 'reasoning':
      return event.text.length
    case 'embeddings':
      return event.vectors.reduce((sum, vector) => sum + vector.length, 0)
    case 'tool_calls':
      return event.calls.reduce((sum, call) => sum + call.arguments.length, 0)
    case 'end':
      return event.contextJson?.length ?? 0
  }
}
