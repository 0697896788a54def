import type { Redis } from 'ioredis'
import type { Lines, Sight } from './lines.ts'

/**
 * A queue as it is: how many jobs wait, which is next, since when, and whether the one that was next is gone. In
 * BullMQ `wait` (stalled jobs, taken first, from its right end) goes before `prioritized`.
 */
const lua = `
local waiting = redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2])
local head = redis.call('LINDEX', KEYS[1], -1) or redis.call('ZRANGE', KEYS[2], 0, 0)[1]
local before = ARGV[2]
local served = 0
if before ~= '' and before ~= head and not redis.call('ZSCORE', KEYS[2], before) then served = 1 end
local active = redis.call('LLEN', KEYS[3])
if not head then return {waiting, active, '', '0', served} end
return {waiting, active, head, redis.call('HGET', ARGV[1] .. head, 'timestamp') or '0', served}`

/** A queue to look at, and the head it had at the last look. */
export interface Asked {
  readonly queue: string
  readonly head: string | undefined
}

export type Look = (asked: readonly Asked[]) => Promise<readonly Sight[]>

/** Looks at queues in Redis, all in one round trip. */
export class QueueLook {
  readonly #redis: Redis
  readonly #prefix: string

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  /** In the order of `asked`. Rejects when Redis does not answer. Sent at once: what is sent later happens after it. */
  async at(asked: readonly Asked[]): Promise<Sight[]> {
    const pipeline = this.#redis.pipeline()
    for (const { queue, head } of asked) {
      const key = `${this.#prefix}:${queue}:`
      pipeline.eval(lua, 3, `${key}wait`, `${key}prioritized`, `${key}active`, key, head ?? '')
    }
    const nowMs = Date.now()
    return ((await pipeline.exec()) ?? []).map(([error, reply]) => {
      if (error !== null) throw error
      const [waiting, active, head, addedMs, served] = reply as [number, number, string, string, number]
      return {
        waiting,
        active,
        head: head === '' ? undefined : head,
        // Clocks differ, and jump: a job was never added in the future.
        headWaitMs: addedMs === '0' ? 0 : Math.max(0, nowMs - Number(addedMs)),
        served: served === 1,
      }
    })
  }
}

/** Keeps `Lines` true to Redis. One look at a time: who asks during one gets another one after it. */
export class Looks implements Disposable {
  readonly #lines: Lines
  readonly #look: Look
  readonly #onLooked: (failure: unknown) => void
  #looking = false
  #again = false
  #closed = false
  #soon: NodeJS.Timeout | undefined
  #lookedMs = -Infinity

  /** @param onLooked with undefined when `lines` is up to date, else with why it is not. */
  constructor(lines: Lines, look: Look, onLooked: (failure: unknown) => void) {
    this.#lines = lines
    this.#look = look
    this.#onLooked = onLooked
  }

  [Symbol.dispose](): void {
    this.#closed = true
    clearTimeout(this.#soon)
  }

  isFresh(ms: number): boolean {
    return performance.now() - this.#lookedMs <= ms
  }

  /** Never rejects. */
  async now(): Promise<void> {
    this.#again = true
    if (this.#looking || this.#closed) return
    this.#looking = true
    try {
      while (this.#again && !this.#closed) await this.#once()
    } finally {
      this.#looking = false
    }
  }

  /** No later than this. */
  within(ms: number): void {
    if (!this.#closed) this.#soon ??= setTimeout(() => void this.now(), ms)
  }

  async #once(): Promise<void> {
    this.#again = false
    clearTimeout(this.#soon)
    this.#soon = undefined
    const asked = this.#lines.all().map(({ queue, head }) => ({ queue, head, mark: this.#lines.mark(queue) }))
    let failure: unknown
    try {
      const sights = await this.#look(asked)
      const nowMs = performance.now()
      for (const [index, { queue, mark }] of asked.entries()) {
        const sight = sights[index]
        if (sight !== undefined) this.#lines.looked(queue, sight, mark, nowMs)
      }
      this.#lookedMs = nowMs
    } catch (error) {
      failure = error
    }
    if (!this.#closed) this.#onLooked(failure)
  }
}
