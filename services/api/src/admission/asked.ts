import { jobClasses, type ChatJob, type JobClass } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { QueuePlace } from './placement.ts'
import type { QueuePlaces } from './queue-places.ts'

/** Requests listed at most: each costs two commands. */
const listedMax = 100

const asked = z.object({
  id: z.string(),
  /** As the client wrote it. */
  name: z.string(),
  model: z.string(),
  class: z.enum(jobClasses),
  boundTo: z.string().optional(),
  enqueuedAt: z.number(),
  deadlineAt: z.number(),
})

export interface Listed {
  readonly id: string
  /** As the client wrote it. */
  readonly model: string
  readonly class: JobClass
  readonly waitedMs: number
  /** Undefined when it waits no more. */
  readonly place: QueuePlace | undefined
}

/** What each caller has asked and not been answered yet, in whichever api. Nobody waits for it to be written. */
export class AskedRequests {
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #places: QueuePlaces
  readonly #ttlMs: number

  /** @param deadlineMsMax how long any request can last. */
  constructor(redis: Redis, keys: Keys, places: QueuePlaces, deadlineMsMax: number) {
    this.#redis = redis
    this.#keys = keys
    this.#places = places
    this.#ttlMs = deadlineMsMax
  }

  remember(job: ChatJob, name: string): void {
    const { id, model, class: jobClass, boundTo, enqueuedAt, deadlineAt } = job
    const entry: z.input<typeof asked> = { id, name, model, class: jobClass, boundTo, enqueuedAt, deadlineAt }
    const key = this.#keys.asked(job.caller)
    this.#redis.hset(key, id, JSON.stringify(entry)).catch(() => {})
    this.#redis.pexpire(key, this.#ttlMs).catch(() => {})
  }

  forget(job: ChatJob): void {
    this.#redis.hdel(this.#keys.asked(job.caller), job.id).catch(() => {})
  }

  /** The oldest first; of many, some. `total` counts all. A few round trips. */
  async list(caller: string): Promise<{ readonly requests: readonly Listed[]; readonly total: number }> {
    const key = this.#keys.asked(caller)
    const [total, [, fields]] = await Promise.all([
      this.#redis.hlen(key),
      this.#redis.hscan(key, 0, 'COUNT', listedMax),
    ])
    const now = Date.now()
    const read = fields.flatMap((json, index) => (index % 2 === 1 ? parse(json) : []))
    // An api that died did not take its own off.
    const over = read.filter(entry => entry.deadlineAt <= now).map(entry => entry.id)
    if (over.length > 0) this.#redis.hdel(key, ...over).catch(() => {})
    const entries = read
      .filter(entry => entry.deadlineAt > now)
      .sort((a, b) => a.enqueuedAt - b.enqueuedAt)
      .slice(0, listedMax)
    const requests = entries.map(async (entry): Promise<Listed> => ({
      id: entry.id,
      model: entry.name,
      class: entry.class,
      waitedMs: Math.max(0, now - entry.enqueuedAt),
      place: await this.#places.find(entry),
    }))
    return { requests: await Promise.all(requests), total: Math.max(total - over.length, requests.length) }
  }
}

const parse = (json: string): z.output<typeof asked>[] => {
  try {
    return [asked.parse(JSON.parse(json))]
  } catch {
    return []
  }
}
