import type { Logprob, StreamEvent, ToolCall } from '@drover/shared/events'
import type { Answer } from './dialects/dialect.ts'

/** How an answer came out. */
export type Collected =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | ({ readonly kind: 'error' } & Pick<Extract<StreamEvent, { type: 'error' }>, 'code' | 'params'>)
  | { readonly kind: 'cancelled' }

/** Puts one answer together from its events. */
export class Collector {
  #text = ''
  #reasoning = ''
  readonly #toolCalls: ToolCall[] = []
  #logprobs: Logprob[] | undefined
  readonly #vectors: string[] = []
  #start: Answer['start']

  /** What became of it, once an event says so. */
  add(events: readonly StreamEvent[]): Collected | undefined {
    for (const event of events) {
      const collected = this.#add(event)
      if (collected !== undefined) return collected
    }
    return undefined
  }

  #add(event: StreamEvent): Collected | undefined {
    switch (event.type) {
      case 'start':
        this.#start = event
        // Of an attempt that gave up nothing was seen yet: this one tells them all.
        this.#vectors.length = 0
        return undefined
      case 'released':
        return undefined
      case 'text':
        this.#text += event.text
        if (event.logprobs !== undefined) (this.#logprobs ??= []).push(...event.logprobs)
        return undefined
      case 'reasoning':
        this.#reasoning += event.text
        return undefined
      case 'tool_calls':
        this.#toolCalls.push(...event.calls)
        return undefined
      case 'embeddings':
        this.#vectors.push(...event.vectors)
        return undefined
      case 'end':
        return { kind: 'answer', answer: this.#answer(event) }
      case 'error':
        return { kind: 'error', code: event.code, params: event.params }
      case 'cancelled':
        return { kind: 'cancelled' }
    }
  }

  #answer({ reason, usage, timings, contextJson }: Extract<StreamEvent, { type: 'end' }>): Answer {
    return {
      text: this.#text,
      reasoning: this.#reasoning,
      toolCalls: this.#toolCalls,
      logprobs: this.#logprobs,
      vectors: this.#vectors,
      reason,
      usage,
      timings,
      contextJson,
      start: this.#start,
    }
  }
}

/**
 * Reads one choice up to its terminal event, then lets go of the source.
 * A log has exactly one terminal event, so a source that ends without it is a bug and throws.
 */
export const collectAnswer = async (entries: AsyncIterable<readonly StreamEvent[]>): Promise<Collected> => {
  const collector = new Collector()
  for await (const events of entries) {
    const collected = collector.add(events)
    if (collected !== undefined) return collected
  }
  throw new Error('the events ended without a terminal one')
}
