import type { StreamEvent } from '@drover/shared/events'
import { Stop } from '@drover/shared/stop'
import type { Admission } from './admission.ts'
import type { ParsedChat } from './dialects/dialect.ts'
import type { Responses } from './responses.ts'
import { merge } from './stream/merge.ts'

export interface ExchangeDeps {
  readonly admission: Admission
  readonly responses: Responses
  readonly deadlineMs: number
  /** Aborts when this process has to end though requests still run. */
  readonly drained: AbortSignal
}

/** A batch of one choice's events. */
export interface Batch {
  readonly index: number
  readonly value: readonly StreamEvent[]
}

/** The jobs of one request, one per choice, and the streams of their events. Closing it cancels what has not ended. */
export class Exchange {
  readonly streams: AsyncGenerator<readonly StreamEvent[]>[] = []
  readonly #stop = new Stop<'gone' | 'deadline' | 'drained' | 'over'>()
  readonly #waiting: Disposable[] = []
  readonly #group: string
  readonly #deps: ExchangeDeps
  readonly #open = new Set<string>()

  private constructor(gone: AbortSignal, group: string, deps: ExchangeDeps) {
    this.#group = group
    this.#deps = deps
    this.#stop.on(gone, 'gone').on(deps.drained, 'drained').after(deps.deadlineMs, 'deadline')
  }

  /**
   * Listens, then enqueues, for each choice.
   * @param gone aborts when the client has left.
   */
  static async open(
    requestId: string,
    gone: AbortSignal,
    parsed: ParsedChat,
    group: string,
    deps: ExchangeDeps,
  ): Promise<Exchange> {
    const exchange = new Exchange(gone, group, deps)
    try {
      for (let choice = 0; choice < parsed.choices; choice += 1) {
        const id = choice === 0 ? requestId : `${requestId}_${choice}`
        exchange.streams.push(await exchange.#start(id, parsed))
      }
    } catch (error) {
      exchange.close()
      throw error
    }
    return exchange
  }

  /** Every event of every choice. Each choice ends with a terminal one, whatever stops it. */
  async *batches(): AsyncGenerator<Batch> {
    const [only] = this.streams
    if (only !== undefined && this.streams.length === 1) for await (const value of only) yield { index: 0, value }
    else yield* merge(this.streams)
  }

  /** Closing twice is harmless. */
  close(): void {
    this.#stop.now('over')
    this.#stop[Symbol.dispose]()
    for (const waiting of this.#waiting) waiting[Symbol.dispose]()
    for (const id of this.#open) this.#deps.responses.cancel(id, this.#group)
    this.#open.clear()
  }

  async #start(id: string, parsed: ParsedChat): Promise<AsyncGenerator<readonly StreamEvent[]>> {
    const waiting = this.#deps.admission.wait(this.#group)
    this.#waiting.push(waiting)
    const events = await this.#deps.responses.start(id, this.#group, parsed.request, this.#stop.signal)
    this.#open.add(id)
    return this.#follow(id, events, waiting)
  }

  async *#follow(
    id: string,
    events: AsyncGenerator<readonly StreamEvent[]>,
    waiting: Disposable,
  ): AsyncGenerator<readonly StreamEvent[]> {
    for await (const batch of events) {
      waiting[Symbol.dispose]()
      const last = batch.at(-1)?.type
      const ended = last === 'end' || last === 'error' || last === 'cancelled'
      if (ended) this.#open.delete(id)
      yield batch
      if (ended) return
    }
    yield [this.#unfinished()]
  }

  /** The log has no end yet, and the reader of these events needs one. */
  #unfinished(): StreamEvent {
    switch (this.#stop.reason) {
      case 'deadline':
        return {
          type: 'error',
          code: 'deadline_exceeded',
          params: { waitedS: Math.round(this.#deps.deadlineMs / 1000) },
        }
      case 'drained':
        return { type: 'error', code: 'shutting_down', params: {} }
      case 'gone':
      case 'over':
      case undefined:
        return { type: 'cancelled' }
    }
  }
}
