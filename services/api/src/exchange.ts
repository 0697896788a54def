import { isTerminal, type StreamEvent } from '@drover/shared/events'
import type { ChatJob } from '@drover/shared/queues'
import { Stop } from '@drover/shared/stop'
import type { Admitted, QueuePlace } from './admission/placement.ts'
import type { QueuePlaces } from './admission/queue-places.ts'
import type { Responses } from './responses.ts'
import type { Answering } from './delivery/answering.ts'

export interface ExchangeDeps {
  readonly responses: Responses
  readonly places: QueuePlaces
  /** Aborts when this process has to end though requests still run. */
  readonly drained: AbortSignal
}

export interface ExchangeOptions {
  /** The model's name as the client wrote it. */
  readonly name: string
  readonly deadlineMs: number
  /** Aborts when the client has left. */
  readonly gone: AbortSignal
}

/** The jobs of one request, one per answer, and the streams of their events. Closing it cancels what has not ended. */
export class Exchange implements Answering {
  readonly streams: AsyncGenerator<readonly StreamEvent[]>[] = []
  readonly #stop = new Stop<'gone' | 'deadline' | 'drained' | 'over'>()
  readonly #deps: ExchangeDeps
  readonly #options: ExchangeOptions
  /** Without an end yet. */
  readonly #open: Set<ChatJob>
  /** Without any event yet. */
  readonly #waiting: Set<ChatJob>

  private constructor(jobs: readonly ChatJob[], deps: ExchangeDeps, options: ExchangeOptions) {
    this.#open = new Set(jobs)
    this.#waiting = new Set(jobs)
    this.#deps = deps
    this.#options = options
    this.#stop.on(options.gone, 'gone').on(deps.drained, 'drained').after(options.deadlineMs, 'deadline')
  }

  /** Listens, then enqueues, for each job. */
  static async open({ jobs, place }: Admitted, deps: ExchangeDeps, options: ExchangeOptions): Promise<Exchange> {
    const exchange = new Exchange(jobs, deps, options)
    try {
      exchange.streams.push(...(await Promise.all(jobs.map(job => exchange.#start(job, place.position)))))
    } catch (error) {
      exchange.close()
      throw error
    }
    return exchange
  }

  async findPlace(): Promise<QueuePlace | undefined> {
    const [job] = this.#waiting
    // Whoever reads goes on reading: that Redis is away is another's trouble.
    return job === undefined ? undefined : this.#deps.places.find(job).catch(() => undefined)
  }

  close(): void {
    this.#stop.now('over')
    this.#stop[Symbol.dispose]()
    this.#waiting.clear()
    for (const job of this.#open) this.#deps.responses.cancel(job)
    this.#open.clear()
  }

  async #start(job: ChatJob, position: number): Promise<AsyncGenerator<readonly StreamEvent[]>> {
    const events = await this.#deps.responses.start(job, {
      name: this.#options.name,
      position,
      signal: this.#stop.signal,
    })
    return this.#follow(job, events)
  }

  async *#follow(job: ChatJob, events: AsyncGenerator<readonly StreamEvent[]>): AsyncGenerator<readonly StreamEvent[]> {
    for await (const batch of events) {
      this.#waiting.delete(job)
      const last = batch.at(-1)
      const ended = last !== undefined && isTerminal(last)
      if (ended && this.#open.delete(job)) this.#deps.responses.finish(job)
      yield batch
      if (ended) return
    }
    yield [this.#unfinished()]
  }

  /** The log has no end yet, and the reader of these events needs one. */
  #unfinished(): StreamEvent {
    switch (this.#stop.reason) {
      case 'deadline': {
        const waitedS = Math.round(this.#options.deadlineMs / 1000)
        return { type: 'error', code: 'deadline_exceeded', params: { waitedS } }
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
