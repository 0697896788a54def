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

  /** Resolves to the marker that says there may be a job; to undefined after two seconds, or when interrupted. */
  async forJob(markers: readonly string[]): Promise<string | undefined> {
    if (this.#closed) return undefined
    this.waiting = true
    try {
      const popped = await this.#redis.bzpopmin(...(markers as [string, ...string[]]), waitS)
      return popped?.[0]
    } catch {
      // Interrupted, or Redis is away: the caller looks at every queue again.
      return undefined
    } finally {
      this.waiting = false
    }
  }

  interrupt(): void {
    this.#closed = true
    this.#redis.disconnect()
  }
}
