import type { Config } from '@drover/shared/config/schema'
import { DroverError } from '@drover/shared/errors/drover-error'
import type { ChatRequest } from '@drover/shared/queues'
import { prefixDigests } from '@drover/shared/scheduling/affinity'
import type { FleetView } from '../fleet-view.ts'
import { guarded, needsGuard } from '../guarded.ts'
import type { ModelDirectory } from '../model-directory.ts'
import type { Admitted, Draft, Placement } from './placement.ts'
import type { Terms } from './terms.ts'

export interface Asking extends Terms {
  /** The response's; each further choice adds its number. */
  readonly id: string
  readonly caller: string
  /** As the client wrote it. */
  readonly model: string
  readonly choices: number
  readonly request: ChatRequest
}

/** Decides, before any queue, whether a request may wait, and where. */
export class Admission {
  readonly #config: Config
  readonly #fleet: FleetView
  readonly #models: ModelDirectory
  readonly #placement: Placement
  readonly #guard: { readonly input: boolean; readonly output: boolean }

  constructor(config: Config, fleet: FleetView, models: ModelDirectory, placement: Placement) {
    this.#config = config
    this.#fleet = fleet
    this.#models = models
    this.#placement = placement
    this.#guard = guarded(config)
  }

  /** Throws DroverError with the reason for a refusal; nothing has changed then. */
  async admit(asking: Asking): Promise<Admitted> {
    if (!this.#fleet.redisAnswers) throw new DroverError('queue_unavailable')
    const { model, tried } = this.#servedFor(asking.model)
    if (needsGuard(this.#config) && !this.#fleet.guardAlive) throw new DroverError('guard_unavailable')
    const { strategy } = this.#fleet
    // Who is in no hurry may as well wait for whichever host: a strategy speaks of the others.
    const inTurn = strategy !== 'least_busy' && asking.class === 'interactive'
    const prefixes = !inTurn && this.#config.queue.affinity ? prefixDigests(asking.request.messages, model) : []
    const drafts = this.#drafts(asking, { model, tried, conversation: prefixes[0]?.digest })
    try {
      return await (inTurn ? this.#placement.inTurn(drafts, strategy) : this.#placement.inGroup(drafts, prefixes))
    } catch (error) {
      if (!(error instanceof DroverError)) throw new DroverError('queue_unavailable', {}, error)
      // In the client's words: it may never have heard of the group.
      throw new DroverError(error.code, { ...error.params, model: asking.model })
    }
  }

  /** The model's group, or the first of its fallbacks that somebody serves when nobody serves it. */
  #servedFor(name: string): Pick<Draft, 'model' | 'tried'> {
    const group = this.#models.group(name)
    const groups = [group, ...this.#models.fallbacks(group)]
    const served = groups.find(model => this.#fleet.isServed(model))
    if (served !== undefined) return { model: served, tried: groups.slice(0, groups.indexOf(served)) }
    // A host that was never reached may have it: that is "not now", not "never".
    const unknown = !this.#models.configured.includes(group) && !this.#fleet.knows(group) && this.#fleet.complete
    throw new DroverError(unknown ? 'model_not_found' : 'no_healthy_backends', { model: name })
  }

  #drafts(asking: Asking, { model, tried, conversation }: Pick<Draft, 'model' | 'tried' | 'conversation'>): Draft[] {
    const enqueuedAt = Date.now()
    return Array.from({ length: asking.choices }, (_, choice) => ({
      id: choice === 0 ? asking.id : `${asking.id}_${choice}`,
      model,
      request: asking.request,
      guard: this.#guard,
      caller: asking.caller,
      class: asking.class,
      ...(conversation === undefined ? {} : { conversation }),
      enqueuedAt,
      deadlineAt: enqueuedAt + asking.deadlineMs,
      excludedHosts: [],
      tried,
      moves: 0,
      triesBefore: 0,
      returns: 0,
    }))
  }
}
