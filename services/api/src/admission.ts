import type { Config } from '@drover/shared/config/schema'
import { DroverError } from '@drover/shared/errors/drover-error'
import type { FleetView } from './fleet-view.ts'
import { needsGuard } from './guarded.ts'
import type { ModelDirectory } from './model-directory.ts'

/** Decides, before any queue and without asking Redis, whether a request may wait. */
export class Admission {
  readonly #config: Config
  readonly #fleet: FleetView
  readonly #models: ModelDirectory
  readonly #needsGuard: boolean
  /** Requests of this process that wait per model: exact at once, where the fleet view lags by up to a second. */
  readonly #waitingHere = new Map<string, number>()

  constructor(config: Config, fleet: FleetView, models: ModelDirectory) {
    this.#config = config
    this.#fleet = fleet
    this.#models = models
    this.#needsGuard = needsGuard(config)
  }

  /** The model's group. Throws DroverError with the reason for a refusal. */
  admit(model: string, choices: number): string {
    const group = this.#models.group(model)
    if (!this.#fleet.redisAnswers) throw new DroverError('queue_unavailable')
    // A host that was never reached may have it: that is "not now", not "never".
    if (!this.#models.configured.includes(group) && !this.#fleet.knows(group) && this.#fleet.complete)
      throw new DroverError('model_not_found', { model })
    if (!this.#fleet.isServed(group)) throw new DroverError('no_healthy_backends', { model })
    if (this.#needsGuard && !this.#fleet.guardAlive) throw new DroverError('guard_unavailable')
    const waiting = Math.max(this.#waitingHere.get(group) ?? 0, this.#fleet.waiting(group))
    if (waiting + choices > this.#config.queue.depthMax) throw new DroverError('queue_full', { model, waiting })
    return group
  }

  /** Counts one job as waiting until disposed; disposing twice is harmless. */
  wait(group: string): Disposable {
    this.#waitingHere.set(group, (this.#waitingHere.get(group) ?? 0) + 1)
    let counted = true
    return {
      [Symbol.dispose]: () => {
        if (!counted) return
        counted = false
        this.#waitingHere.set(group, (this.#waitingHere.get(group) ?? 1) - 1)
      },
    }
  }
}
