import type { Redis } from 'ioredis'
import { createRedis } from '../redis/client.ts'

/** Longest wait before every queue is looked at again anyway: a marker that somebody else took may have been ours. */
const waitS = 2

/** Waits for any of several queues to have a job, on a connection of its own. Owns it. */
export class MarkerWait implements AsyncDisposable {
  readonly #redis: Redis
  #closed = false
  #end: (() => void) | undefined

  constructor(redisUrl: string) {
    this.#redis = createRedis(redisUrl, 'blocking')
    this.#redis.on('error', () => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.interrupt()
  }

  get waiting(): boolean {
    return this.#end !== undefined
  }

  /** Resolves to the marker that says there may be a job; to undefined after two seconds, or when interrupted. */
  async forJob(markers: readonly string[]): Promise<string | undefined> {
    if (this.#closed) return undefined
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    this.#end = () => resolve(undefined)
    this.#redis.bzpopmin(...(markers as [string, ...string[]]), waitS).then(
      popped => resolve(popped?.[0]),
      // Redis is away: the caller looks at every queue again.
      () => resolve(undefined),
    )
    const marker = await promise
    this.#end = undefined
    return marker
  }

  /** Ends the wait by itself: a client that is told to disconnect while it reconnects settles nothing it was asked. */
  interrupt(): void {
    this.#closed = true
    this.#end?.()
    this.#redis.disconnect()
  }
}
