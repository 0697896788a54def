import type { Logger } from '@drover/shared/logger'

export interface WarmUpDeps {
  readonly hostId: string
  readonly logger: Logger
  /** Loads the model. Throws HostFailure. */
  load(model: string, signal: AbortSignal): Promise<void>
  /** The model is in the host's memory, after so long. */
  onLoaded(model: string, loadMs: number): Promise<void>
  onEnd(): void
}

/** After a load that failed. */
const pauseMs = 10_000

/** Loads what jobs wait for, one model at a time. Nobody waits for it: the jobs go where they can. */
export class WarmUp implements Disposable {
  readonly #deps: WarmUpDeps
  readonly #closed = new AbortController()
  #model: string | undefined
  #notBeforeMs = 0

  constructor(deps: WarmUpDeps) {
    this.#deps = deps
  }

  /** Ends a load that is under way. */
  [Symbol.dispose](): void {
    this.#closed.abort()
  }

  /** What is being loaded. */
  get model(): string | undefined {
    return this.#model
  }

  get mayStart(): boolean {
    return this.#model === undefined && !this.#closed.signal.aborted && performance.now() >= this.#notBeforeMs
  }

  /** Never rejects. */
  async start(model: string): Promise<void> {
    const { hostId, logger } = this.#deps
    const startedMs = performance.now()
    this.#model = model
    this.#notBeforeMs = startedMs + pauseMs
    try {
      await this.#deps.load(model, this.#closed.signal)
      const loadMs = Math.round(performance.now() - startedMs)
      logger.info({ host: hostId, model, loadMs }, 'loaded what jobs wait for')
      await this.#deps.onLoaded(model, loadMs)
      this.#notBeforeMs = 0
    } catch (error) {
      if (!this.#closed.signal.aborted)
        logger.warn({ err: error, host: hostId, model }, 'could not load what jobs wait for')
    }
    this.#model = undefined
    if (!this.#closed.signal.aborted) this.#deps.onEnd()
  }
}
