import type { ModelConfig } from '@drover/shared/config/schema'
import type { Logger } from '@drover/shared/logger'
import { canonicalModel } from '@drover/shared/model-name'
import type { ModelRequest } from '@drover/shared/requests'

export interface PinDeps {
  readonly hostId: string
  readonly models: readonly Pick<ModelConfig, 'name' | 'pin'>[]
  readonly logger: Logger
  /** Loads the model, by the group's public name and the host's own, to stay. Throws HostFailure. */
  load(group: string, ownName: string, signal: AbortSignal): Promise<void>
  /** What is in the host's memory is another. */
  onLoaded(): void
}

/** The host as the last probe saw it. */
export interface PinView {
  /** Whether it takes jobs and runs none. */
  readonly idle: boolean
  /** In its memory, as it names them. */
  readonly loaded: Iterable<string>
  /** The host's own name for a group's model; undefined when it has not got it. */
  modelOf(group: string): string | undefined
}

/** Between two loads of a model: doubled each time that it failed or was gone again. */
const pauseMs = { first: 5_000, max: 300_000 } as const

interface Tries {
  count: number
  /** `performance.now()`. */
  notBeforeMs: number
}

/**
 * Loads what is pinned to a host ahead of the requests for it: when the host comes up, and whenever it was evicted. One
 * at a time, and only into an idle host, so that no job's model makes room for it. Where two do not fit together they
 * take turns ever more rarely.
 */
export class Pins implements Disposable {
  readonly #deps: PinDeps
  readonly #groups: readonly string[]
  readonly #tries = new Map<string, Tries>()
  readonly #closed = new AbortController()
  #loading = false

  constructor(deps: PinDeps) {
    this.#deps = deps
    const pinned = deps.models.filter(model => model.pin.includes(deps.hostId))
    this.#groups = pinned.map(model => canonicalModel(model.name))
  }

  /** Ends a load that is under way. */
  [Symbol.dispose](): void {
    this.#closed.abort()
  }

  has(group: string): boolean {
    return this.#groups.includes(group)
  }

  /** A request for a pinned model lets it stay, whatever the client asks: the last request decides how long. */
  asSent(group: string, request: ModelRequest): ModelRequest {
    return this.has(group) ? { ...request, keepAliveS: -1 } : request
  }

  /** After each probe. Never waits, never throws. */
  keep(view: PinView): void {
    const nowMs = performance.now()
    const loaded = new Set([...view.loaded].map(canonicalModel))
    for (const group of this.#groups) {
      const ownName = view.modelOf(group)
      if (ownName === undefined) continue
      const tries = this.#tries.get(group)
      const due = tries === undefined || nowMs >= tries.notBeforeMs
      if (!due) continue
      if (loaded.has(canonicalModel(ownName))) this.#tries.delete(group)
      else if (view.idle && !this.#loading && !this.#closed.signal.aborted) void this.#load(group, ownName)
    }
  }

  async #load(group: string, ownName: string): Promise<void> {
    const { hostId, logger } = this.#deps
    const startedMs = performance.now()
    this.#loading = true
    try {
      await this.#deps.load(group, ownName, this.#closed.signal)
      logger.info(
        { host: hostId, model: group, loadMs: Math.round(performance.now() - startedMs) },
        'loaded what is pinned',
      )
    } catch (error) {
      if (!this.#closed.signal.aborted)
        logger.warn({ err: error, host: hostId, model: group }, 'could not load what is pinned')
    } finally {
      this.#loading = false
      const count = (this.#tries.get(group)?.count ?? 0) + 1
      const pause = Math.min(pauseMs.first * 2 ** (count - 1), pauseMs.max)
      this.#tries.set(group, { count, notBeforeMs: performance.now() + pause })
    }
    if (!this.#closed.signal.aborted) this.#deps.onLoaded()
  }
}
