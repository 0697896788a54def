import { queues, queueOf, type ChatJob } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { waitsOf } from '@drover/shared/scheduling/expected-wait'
import type { Redis } from 'ioredis'
import type { FleetView } from '../fleet-view.ts'
import type { QueuePlace } from './placement.ts'

export type Waiting = Pick<ChatJob, 'id' | 'model' | 'class' | 'boundTo'>

/** Where jobs stand now. */
export class QueuePlaces {
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #fleet: FleetView

  constructor(redis: Redis, keys: Keys, fleet: FleetView) {
    this.#redis = redis
    this.#keys = keys
    this.#fleet = fleet
  }

  /** Undefined when it waits on none of the queues it may be on: it runs, or is being scanned. One round trip. */
  async find(job: Waiting): Promise<QueuePlace | undefined> {
    const { model } = job
    const group = queues.group(model, job.class)
    const [own, back] = await Promise.all([
      this.#ahead(queueOf(job), job.id),
      job.boundTo === undefined ? undefined : this.#ahead(group, job.id),
    ])
    const { hosts, waits } = this.#fleet.serving(model)
    if (job.boundTo !== undefined && own !== undefined) {
      const there = hosts.filter(host => host.id === job.boundTo)
      const waitsThere = waitsOf({ model, hosts: there, waiting: this.#fleet.waiting })
      return { position: own + 1, etaMs: waitsThere.waitMs(own) }
    }
    const inGroup = back ?? own
    if (inGroup === undefined) return undefined
    const ahead = inGroup + this.#fleet.waitingBefore(model, job.class)
    return { position: ahead + 1, etaMs: waits.waitMs(ahead) }
  }

  async #ahead(queue: string, id: string): Promise<number | undefined> {
    const key = `${this.#keys.prefix}:${queue}`
    // What a dead worker had begun waits in a list of its own, and goes first.
    const [rank, first] = await Promise.all([
      this.#redis.zrank(`${key}:prioritized`, id),
      this.#redis.llen(`${key}:wait`),
    ])
    return rank === null ? undefined : rank + first
  }
}
