import { createRedis } from '@drover/shared/redis/client'
import type { Redis } from 'ioredis'

/** Longest wait before every queue is looked at again anyway: a marker that another pool took may have been ours. */
const waitS = 2

/** Waits for any of several queues to have a job, on a connection of its own. Owns it. */
export class MarkerWait implements AsyncDisposable {
  readonly #redis: Redis
  #closed = false
  waiting = false

  constructor(redisUrl: string) {
    this.#redis = createRedis(redisUrl, 'blocking')
    this.#redis.on('error', () => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.interrupt()
  }

  /** Resolves when there may be a job, or after two seconds, or when interrupted. */
  async forJob(markers: readonly string[]): Promise<void> {
    if (this.#closed) return
    this.waiting = true
    try {
      await this.#redis.bzpopmin(...(markers as [string, ...string[]]), waitS)
    } catch {
      // Interrupted, or Redis is away: the caller looks again.
    } finally {
      this.waiting = false
    }
  }

  interrupt(): void {
    this.#closed = true
    this.#redis.disconnect()
  }
}
