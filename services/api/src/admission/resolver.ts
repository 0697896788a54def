import type { Config } from '@drover/shared/config/schema'
import { askedModel, type GuardRulebook, type GuardRules } from '@drover/shared/guard-rules'
import { DroverError } from '@drover/shared/errors/drover-error'
import type { ModelRequest } from '@drover/shared/requests'
import type { ParsedRequest } from '../dialects/dialect.ts'
import type { FleetView } from '../fleet-view.ts'
import type { ModelDirectory } from '../model-directory.ts'
import { bounded, type Adjusted, type Bounds } from './bounds.ts'
import { lackOf, withoutThoughts, type Can } from './capabilities.ts'
import { refuseCopies } from './copies.ts'

/** What is asked of whom. */
export interface Resolved {
  /** The model as the client wrote it. */
  readonly name: string
  /** The group that is to answer. */
  readonly model: string
  /** Groups that would have come before it, and that nobody serves. */
  readonly tried: readonly string[]
  /** As they will be sent; at least one. */
  readonly requests: readonly ModelRequest[]
  /** What is not as the client had it: `tools`, `keep_alive=1800`, `num_ctx`, `think`. */
  readonly adjusted: readonly string[]
}

/** Makes of what a client wrote what a host will be asked, by what is known in this process. Asks nobody. */
export class Resolver {
  readonly #clients: Config['clients']
  readonly #bodyBytesMax: number
  readonly #rulebook: GuardRulebook
  readonly #fleet: Pick<FleetView, 'isServed' | 'knows' | 'complete' | 'canDo'>
  readonly #models: ModelDirectory

  constructor(
    config: Config,
    rulebook: GuardRulebook,
    fleet: Pick<FleetView, 'isServed' | 'knows' | 'complete' | 'canDo'>,
    models: ModelDirectory,
  ) {
    this.#clients = config.clients
    this.#bodyBytesMax = config.server.bodyBytesMax
    this.#rulebook = rulebook
    this.#fleet = fleet
    this.#models = models
  }

  /**
   * Throws DroverError for what will never be answered: `model_not_found`, `cloud_model_refused`, `model_unsupported`,
   * `invalid_request`. A model that nobody serves now is no refusal yet.
   */
  resolve(
    {
      model: name,
      requests,
      repeatsPrompt = false,
      adjusted: stated = [],
    }: Pick<ParsedRequest, 'model' | 'requests' | 'repeatsPrompt' | 'adjusted'>,
    caller: string,
  ): Resolved {
    const { model, tried } = this.#groupFor(name)
    const { passage } = this.#rulebook.rulesFor(askedModel({ model, tried }), caller)
    for (const request of requests) refuseUnscannable(request, passage)
    if (repeatsPrompt && passage.output === 'enforce')
      throw new DroverError('invalid_request', { field: 'echo', problem: echoProblem })
    refuseCopies(requests, this.#bodyBytesMax)
    // Those of several choices are one and the same.
    const adjust = new Map([...new Set(requests)].map(request => [request, this.#adjust(request, name, model)]))
    const all = requests.flatMap(request => adjust.get(request) ?? [])
    const adjusted = new Set([...stated, ...all.flatMap(each => each.adjusted)])
    return { name, model, tried, requests: all.map(({ request }) => request), adjusted: [...adjusted] }
  }

  /** The model's group, or the first of its fallbacks that somebody serves when nobody serves it. */
  #groupFor(name: string): Pick<Resolved, 'model' | 'tried'> {
    const group = this.#models.group(name)
    if (this.#isRefused(group)) throw new DroverError('cloud_model_refused', { model: name })
    const groups = [group, ...this.#models.fallbacks(group).filter(fallback => !this.#isRefused(fallback))]
    const served = groups.find(model => this.#fleet.isServed(model))
    if (served !== undefined) return { model: served, tried: groups.slice(0, groups.indexOf(served)) }
    // A host that was never reached may have it: that is "not now", not "never".
    const unknown = !this.#models.configured.includes(group) && !this.#fleet.knows(group) && this.#fleet.complete
    if (unknown) throw new DroverError('model_not_found', { model: name })
    return { model: group, tried: [] }
  }

  #isRefused(group: string): boolean {
    return !this.#clients.cloudModels && this.#models.isCloud(group)
  }

  #adjust(request: ModelRequest, name: string, model: string): Adjusted {
    const can: Can = capability => this.#fleet.canDo(model, capability)
    const lack = lackOf(request, can)
    if (lack !== undefined) throw new DroverError('model_unsupported', { model: name, ...lack })
    const thoughtless = withoutThoughts(request, can)
    const within = bounded(thoughtless.request, this.#boundsOf(model))
    return { request: within.request, adjusted: [...within.adjusted, ...thoughtless.adjusted] }
  }

  #boundsOf(model: string): Bounds {
    const { keepAliveMinMs, keepAliveMaxMs } = this.#clients
    const numCtxMax = this.#models.numCtxMaxOf(model)
    return { keepAliveMinMs, keepAliveMaxMs, numCtxMax, options: this.#models.optionsOf(model) }
  }
}

/** What a guard would have to let pass without having read it. */
const refuseUnscannable = (request: ModelRequest, passage: GuardRules['passage']): void => {
  if (passage.output === 'enforce' && 'topLogprobs' in request && request.topLogprobs !== undefined)
    throw new DroverError('invalid_request', { field: 'logprobs', problem: logprobsProblem })
  if (passage.input === 'enforce' && request.kind === 'generate' && request.contextJson !== undefined)
    throw new DroverError('invalid_request', { field: 'context', problem: contextProblem })
}

const logprobsProblem = 'must be false or absent: answers are scanned before they are shown'
const echoProblem = 'must be false or absent: answers are scanned, and a prompt before one is none'
const contextProblem = 'must be absent: prompts are scanned before a model reads them, and tokens cannot be'
