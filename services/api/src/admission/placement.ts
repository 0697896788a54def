import type { Config, Strategy } from '@drover/shared/config/schema'
import { admittedAs } from '@drover/shared/enqueue'
import { DroverError } from '@drover/shared/errors/drover-error'
import { orderRange, queueOf, type ChatJob } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import type { Prefix } from '@drover/shared/scheduling/affinity'
import { waitsOf, type Waits } from '@drover/shared/scheduling/expected-wait'
import type { Redis } from 'ioredis'
import type { FleetView } from '../fleet-view.ts'
import type { Answer, Gate } from './gate.ts'
import { hostInTurn } from './turns.ts'
import { bindToWarm, findWarm } from './warm.ts'

/** A job that has no place yet. */
export type Draft = Omit<ChatJob, 'order'>

/** Where a job stands while it waits. */
export interface QueuePlace {
  /** The next to be started has 1. */
  readonly position: number
  /** Expected, until it is started; undefined when nothing is known of how long jobs take. */
  readonly etaMs: number | undefined
}

/** How much the queue still takes. */
export interface Room {
  /** Most requests that may wait for the model, of one class. */
  readonly limit: number
  /** Of them, those that wait now. */
  readonly waiting: number
  /** Expected until all of these are started; undefined when nothing is known of how long jobs take. */
  readonly resetMs: number | undefined
}

export interface Admitted {
  /** One per choice, ready to be enqueued. At least one. */
  readonly jobs: readonly ChatJob[]
  /** Of the first of them. */
  readonly place: QueuePlace
  /** With them in it. */
  readonly room: Room
}

export interface PlacementDeps {
  readonly config: Config
  readonly redis: Redis
  readonly keys: Keys
  readonly fleet: FleetView
  readonly gate: Gate
}

/** Finds the queue a request's jobs wait on, and their order there. Refuses by throwing DroverError. */
export class Placement {
  readonly #deps: PlacementDeps
  readonly #weights: ReadonlyMap<string, number>

  constructor(deps: PlacementDeps) {
    this.#deps = deps
    this.#weights = new Map(deps.config.hosts.map(host => [host.id, host.weight]))
  }

  /** For whichever host is free first, or for the one that has the conversation in its cache. One round trip; two when one has. */
  async inGroup(drafts: readonly Draft[], prefixes: readonly Prefix[]): Promise<Admitted> {
    const { redis, keys, fleet } = this.#deps
    const { model, class: jobClass } = first(drafts)
    const { hosts, waits } = fleet.serving(model)
    const question = { drafts, waits, beside: 0, aheadElsewhere: fleet.waitingBefore(model, jobClass) }
    // The cache is worth no refusal: without an answer it is not used.
    const finding = findWarm(prefixes, hosts, redis, keys).catch(() => undefined)
    const [admitted, found] = await Promise.all([this.#place(question), finding])
    // A host serves first what is bound to it. Those who wait for any would be overtaken, over and over by a busy caller.
    const overtakes = admitted.place.position > 1 && admitted.place.etaMs !== 0
    if (found === undefined) return admitted
    // One: the other choices would wait behind it.
    const [placed, ...others] = admitted.jobs as [ChatJob, ...ChatJob[]]
    const job = { ...placed, continues: found.prefix.digest }
    const anywhere = { ...admitted, jobs: [job, ...others] }
    if (overtakes) return anywhere
    const warm = await bindToWarm(found, model, waits, admitted.place.etaMs, redis, keys).catch(() => undefined)
    if (warm === undefined) return anywhere
    // It has its order from the group's queue, to which it goes back if it waits too long, and leaves its place there.
    redis.zrem(keys.admitted(queueOf(job)), admittedAs(job)).catch(() => {})
    const bound = { ...job, boundTo: found.host.id, boundUntil: Date.now() + warm.patienceMs }
    return { ...admitted, jobs: [bound, ...others], place: warm.place }
  }

  /** For the hosts whose turn it is, one each. Two round trips. */
  async inTurn(drafts: readonly Draft[], strategy: Strategy): Promise<Admitted> {
    const asked = await Promise.allSettled(drafts.map(draft => this.#inTurn(draft, strategy)))
    const placed = asked.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
    const jobs = placed.flatMap(admitted => admitted.jobs)
    const refused = asked.find(result => result.status === 'rejected')
    if (refused === undefined) return { ...first(placed), jobs }
    await Promise.allSettled(jobs.map(job => this.#deps.gate.takeBack(job)))
    throw refused.reason
  }

  async #inTurn(draft: Draft, strategy: Strategy): Promise<Admitted> {
    const { config, redis, keys, fleet } = this.#deps
    const { model } = draft
    const { hosts, waits } = fleet.serving(model)
    const weights = strategy === 'weighted' ? this.#weights : undefined
    const host = await hostInTurn(model, hosts, weights, redis, keys)
    // Nobody takes a job right now; whoever is the first to may have it.
    if (host === undefined) return this.#outOfTurn(draft, waits)
    const bound = { ...draft, boundTo: host.id, boundUntil: draft.enqueuedAt + config.queue.rebindAfterMs }
    const question = {
      drafts: [bound],
      waits: waitsOf({ model, hosts: [host], waiting: fleet.waiting }),
      beside: fleet.waitingBeside(model, queueOf(bound)),
      aheadElsewhere: 0,
    }
    const answer = await this.#ask(question)
    // What waits for a host that lags goes to any in the end; this would be too late by then.
    return answer.kind === 'late' ? this.#outOfTurn(draft, waits) : this.#admittedBy(answer, question)
  }

  /** For any host. They do first what is bound to them, but no such job waits where a slot is free. */
  async #outOfTurn(draft: Draft, waits: Waits): Promise<Admitted> {
    const beside = this.#deps.fleet.waitingBeside(draft.model, queueOf(draft))
    return this.#place({ drafts: [draft], waits, beside, aheadElsewhere: waits.waitMs(0) === 0 ? 0 : beside })
  }

  async #place(question: Question): Promise<Admitted> {
    return this.#admittedBy(await this.#ask(question), question)
  }

  /** One round trip. */
  async #ask({ drafts, waits, beside, aheadElsewhere }: Question): Promise<Answer> {
    const { config, gate } = this.#deps
    const draft = first(drafts)
    return gate.admit({
      queue: queueOf(draft),
      caller: draft.caller,
      ids: drafts.map(({ id }) => id),
      atMs: draft.enqueuedAt,
      depthMax: config.queue.depthMax - beside,
      aheadMax: waits.aheadMax(deadlineMs(draft)),
      aheadElsewhere,
    })
  }

  #admittedBy(answer: Answer, { drafts, waits, beside, aheadElsewhere }: Question): Admitted {
    const draft = first(drafts)
    const waiting = answer.waiting + beside
    const room = {
      limit: this.#deps.config.queue.depthMax,
      waiting,
      resetMs: waits.waitMs(aheadElsewhere + answer.waiting - 1),
    }
    switch (answer.kind) {
      case 'placed': {
        const { order, ahead } = answer
        const jobs = drafts.map((each, index) => ({ ...each, order: Math.min(order + index, orderRange.last) }))
        return { jobs, place: { position: ahead + 1, etaMs: waits.waitMs(ahead) }, room }
      }
      case 'full':
        throw new DroverError('queue_full', { model: draft.model, ...paramsOf(room) })
      case 'late':
        throw late(waits, answer.ahead, waits.aheadMax(deadlineMs(draft)) ?? 0, room)
    }
  }
}

/** May these wait on this queue, to which they are all bound? */
interface Question {
  readonly drafts: readonly Draft[]
  /** At the hosts that will run them. */
  readonly waits: Waits
  /** Jobs that count against the depth of the model and wait elsewhere. */
  readonly beside: number
  /** Jobs that wait elsewhere and will be started before these. */
  readonly aheadElsewhere: number
}

const deadlineMs = ({ deadlineAt, enqueuedAt }: Draft): number => deadlineAt - enqueuedAt

/** `retry-after` is how long it takes until few enough are ahead, if nobody else comes. */
const late = (waits: Waits, ahead: number, most: number, room: Room): DroverError => {
  const waitMs = waits.waitMs(ahead) ?? 0
  const inTimeMs = waits.waitMs(most) ?? 0
  return new DroverError('deadline_unreachable', {
    waitS: Math.ceil(waitMs / 1_000),
    retryAfterS: (waitMs - inTimeMs) / 1_000,
    ...paramsOf(room),
  })
}

/** A refusal tells of it in its headers, too. */
const paramsOf = ({ limit, waiting, resetMs }: Room): Record<string, number> => ({
  limit,
  waiting,
  ...(resetMs === undefined ? {} : { resetMs }),
})

const first = <T>(items: readonly T[]): T => {
  const [item] = items
  if (item === undefined) throw new RangeError('a request has at least one choice')
  return item
}
