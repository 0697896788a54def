import type { Config } from '@drover/shared/config/schema'
import { DroverError } from '@drover/shared/errors/drover-error'
import { prefixDigests } from '@drover/shared/scheduling/affinity'
import type { FleetView } from '../fleet-view.ts'
import { guarded, needsGuard } from '../guarded.ts'
import type { Admitted, Draft, Placement } from './placement.ts'
import type { Resolved } from './resolver.ts'
import type { Terms } from './terms.ts'

export interface Asking extends Terms {
  /** The response's; each further request adds its number. */
  readonly id: string
  readonly caller: string
}

/** Decides, before any queue, whether a request may wait, and where. */
export class Admission {
  readonly #config: Config
  readonly #fleet: FleetView
  readonly #placement: Placement
  readonly #guard: { readonly input: boolean; readonly output: boolean }

  constructor(config: Config, fleet: FleetView, placement: Placement) {
    this.#config = config
    this.#fleet = fleet
    this.#placement = placement
    this.#guard = guarded(config)
  }

  /** Throws DroverError with the reason for a refusal; nothing has changed then. */
  async place(resolved: Resolved, asking: Asking): Promise<Admitted> {
    const { name, model } = resolved
    if (!this.#fleet.redisAnswers) throw new DroverError('queue_unavailable')
    if (!this.#fleet.isServed(model)) throw new DroverError('no_healthy_backends', { model: name })
    if (needsGuard(this.#config) && !this.#fleet.guardAlive) throw new DroverError('guard_unavailable')
    const { strategy } = this.#fleet
    // Who is in no hurry may as well wait for whichever host: a strategy speaks of the others.
    const inTurn = strategy !== 'least_busy' && asking.class === 'interactive'
    const [request] = resolved.requests
    const isConversation = !inTurn && this.#config.queue.affinity && request?.kind === 'chat'
    const prefixes = isConversation ? prefixDigests(request.messages, model) : []
    const drafts = this.#drafts(resolved, asking, prefixes[0]?.digest)
    try {
      return await (inTurn ? this.#placement.inTurn(drafts, strategy) : this.#placement.inGroup(drafts, prefixes))
    } catch (error) {
      if (!(error instanceof DroverError)) throw new DroverError('queue_unavailable', {}, error)
      // In the client's words: it may never have heard of the group.
      throw new DroverError(error.code, { ...error.params, model: name })
    }
  }

  #drafts({ model, tried, requests }: Resolved, asking: Asking, conversation: string | undefined): Draft[] {
    const enqueuedAt = Date.now()
    return requests.map((request, index) => ({
      id: index === 0 ? asking.id : `${asking.id}_${index}`,
      model,
      request,
      guard: this.#guard,
      caller: asking.caller,
      class: asking.class,
      ...(conversation === undefined ? {} : { conversation }),
      enqueuedAt,
      deadlineAt: enqueuedAt + asking.deadlineMs,
      excludedHosts: [],
      tried: [...tried],
      moves: 0,
      triesBefore: 0,
      returns: 0,
    }))
  }
}
