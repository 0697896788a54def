import type { Config } from '@drover/shared/config/schema'
import { askedModel, sides, type GuardRulebook, type GuardRules } from '@drover/shared/guard-rules'
import { DroverError } from '@drover/shared/errors/drover-error'
import { prefixDigests } from '@drover/shared/scheduling/affinity'
import type { FleetView } from '../fleet-view.ts'
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
  readonly #rulebook: GuardRulebook

  constructor(config: Config, rulebook: GuardRulebook, fleet: FleetView, placement: Placement) {
    this.#config = config
    this.#fleet = fleet
    this.#placement = placement
    this.#rulebook = rulebook
  }

  /** Throws DroverError with the reason for a refusal; nothing has changed then. */
  async place(resolved: Resolved, asking: Asking): Promise<Admitted> {
    const { name, model } = resolved
    if (!this.#fleet.redisAnswers) throw new DroverError('queue_unavailable')
    if (!this.#fleet.isServed(model)) throw new DroverError('no_healthy_backends', { model: name })
    const { passage } = this.#rulebook.rulesFor(askedModel(resolved), asking.caller)
    const enforced = passage.input === 'enforce' || passage.output === 'enforce'
    if (enforced && !this.#fleet.guardAlive) throw new DroverError('guard_unavailable')
    const { strategy } = this.#fleet
    // Who is in no hurry may as well wait for whichever host: a strategy speaks of the others.
    const inTurn = strategy !== 'least_busy' && asking.class === 'interactive'
    const [request] = resolved.requests
    const isConversation = !inTurn && this.#config.queue.affinity && request?.kind === 'chat'
    const prefixes = isConversation ? prefixDigests(request.messages, model) : []
    const drafts = this.#drafts(resolved, asking, passage, prefixes[0]?.digest)
    try {
      return await (inTurn ? this.#placement.inTurn(drafts, strategy) : this.#placement.inGroup(drafts, prefixes))
    } catch (error) {
      if (!(error instanceof DroverError)) throw new DroverError('queue_unavailable', {}, error)
      // In the client's words: it may never have heard of the group.
      throw new DroverError(error.code, { ...error.params, model: name })
    }
  }

  #drafts(
    { model, tried, requests }: Resolved,
    asking: Asking,
    passage: GuardRules['passage'],
    conversation: string | undefined,
  ): Draft[] {
    const enqueuedAt = Date.now()
    const guard = { input: passage.input === 'enforce', output: passage.output === 'enforce' }
    const observed = sides.filter(side => passage[side] === 'observe')
    return requests.map((request, index) => ({
      id: index === 0 ? asking.id : `${asking.id}_${index}`,
      model,
      request,
      guard,
      observed,
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
