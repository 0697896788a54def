import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

/** Slots in use, per public model name; a model that uses none is left out. */
export type Usage = Readonly<Record<string, number>>

/** What cannot be read (a newer version wrote it) is not counted. */
const usage = z.record(z.string(), z.int().positive())

/**
 * A worker whose heartbeat is gone may only have lost its Redis for a while: it is back within a round. Its slots count
 * until it was found dead for so long.
 */
const deadForMs = 2_000

/** Between tries while Redis is away. */
const retryMs = 200

/**
 * WHO GIVES A HOST UP STILL RUNS WHAT IT HAS BEGUN. It says so here before it releases the lease, so whoever holds the
 * lease next reads at least what is in use: the number of a worker only falls while another one has the lease.
 */
export class HeldSlots {
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #workerId: string
  /** By host: what each former pool of this process still uses. */
  readonly #own = new Map<string, Map<object, Usage>>()
  /** Since when the worker of a field was found dead, by host and worker. */
  readonly #deadSinceMs = new Map<string, number>()

  constructor(redis: Redis, keys: Keys, workerId: string) {
    this.#redis = redis
    this.#keys = keys
    this.#workerId = workerId
  }

  /** What former owners of the host still use, this process's own former pools included. Removes what the dead held. */
  async read(hostId: string): Promise<Usage> {
    const key = this.#keys.held(hostId)
    const fields = await this.#redis.hgetall(key)
    const workers = Object.keys(fields)
    if (workers.length === 0) return {}
    const alive = await this.#redis.mget(workers.map(id => this.#keys.owner(id)))
    const gone = workers.filter((id, index) => this.#isGone(hostId, id, alive[index] !== null))
    if (gone.length > 0) await this.#redis.hdel(key, ...gone)
    return sum(workers.filter(id => !gone.includes(id)).map(id => parse(fields[id] ?? '')))
  }

  /**
   * Says what a pool that gives the host up still uses, and tells its owner. Tried until Redis takes it, or until the
   * connection is closed for good.
   * @param pool whichever object stands for the pool: a process may give the same host up twice before it is done.
   */
  async write(hostId: string, pool: object, used: Usage): Promise<void> {
    const pools = this.#own.get(hostId) ?? new Map<object, Usage>()
    this.#own.set(hostId, pools)
    if (total(used) === 0) pools.delete(pool)
    else pools.set(pool, used)
    for (;;) {
      try {
        await this.#send(hostId, sum([...pools.values()]))
        break
      } catch (error) {
        if (this.#redis.status === 'end') throw error
        await delay(retryMs)
      }
    }
    if (pools.size === 0) this.#own.delete(hostId)
  }

  /** One connection keeps the order: what was sent last is what stands. */
  async #send(hostId: string, used: Usage): Promise<void> {
    const key = this.#keys.held(hostId)
    const field = this.#workerId
    await Promise.all([
      total(used) === 0 ? this.#redis.hdel(key, field) : this.#redis.hset(key, field, JSON.stringify(used)),
      this.#redis.publish(this.#keys.control, `held ${hostId}`),
    ])
  }

  #isGone(hostId: string, workerId: string, alive: boolean): boolean {
    const id = `${hostId} ${workerId}`
    const sinceMs = this.#deadSinceMs.get(id) ?? performance.now()
    const gone = !alive && performance.now() - sinceMs >= deadForMs
    if (alive || gone) this.#deadSinceMs.delete(id)
    else this.#deadSinceMs.set(id, sinceMs)
    return gone
  }
}

/** Over all models. */
export const total = (used: Usage): number => Object.values(used).reduce((all, count) => all + count, 0)

const sum = (usages: readonly Usage[]): Usage => {
  const all: Record<string, number> = {}
  for (const used of usages) for (const [model, count] of Object.entries(used)) all[model] = (all[model] ?? 0) + count
  return all
}

const parse = (json: string): Usage => {
  try {
    return usage.catch({}).parse(JSON.parse(json))
  } catch {
    return {}
  }
}
