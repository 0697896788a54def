import type { Keys } from '@drover/shared/redis/keys'
import { loadEveryMs, type HostLoad } from '@drover/shared/scheduling/load'
import type { Redis } from 'ioredis'

/**
 * Tells the loads of this process's hosts on the load channel: what changed, at most every `loadEveryMs` and one
 * message at a time, so that a slow Redis gets fewer messages and not later ones.
 */
export class LoadChannel implements Disposable {
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #loadOf: (hostId: string) => HostLoad | undefined
  readonly #changed = new Set<string>()
  readonly #left: HostLoad[] = []
  #timer: NodeJS.Timeout | undefined
  #sending = false
  #lastMs = -Infinity
  #lastSent = ''
  #closed = false

  /** @param loadOf undefined for a host that is no longer this process's. */
  constructor(redis: Redis, keys: Keys, loadOf: (hostId: string) => HostLoad | undefined) {
    this.#redis = redis
    this.#keys = keys
    this.#loadOf = loadOf
  }

  [Symbol.dispose](): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  changed(hostId: string): void {
    this.#changed.add(hostId)
    this.#soon()
  }

  /** It is given up: nobody is to leave it a job until its next owner speaks. */
  left(load: HostLoad): void {
    this.#left.push({ ...load, open: false })
    this.#soon()
  }

  /** Our own messages come back to us. */
  isOwn(message: string): boolean {
    return message === this.#lastSent
  }

  #soon(): void {
    if (this.#closed || this.#sending || this.#timer !== undefined) return
    if (this.#changed.size === 0 && this.#left.length === 0) return
    const waitMs = this.#lastMs + loadEveryMs - performance.now()
    if (waitMs <= 0) void this.#send()
    else this.#timer = setTimeout(() => void this.#send(), waitMs)
  }

  async #send(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending = true
    this.#lastMs = performance.now()
    // What changes together is told together.
    await Promise.resolve()
    const loads = [...this.#left.splice(0), ...[...this.#changed].flatMap(id => this.#loadOf(id) ?? [])]
    this.#changed.clear()
    try {
      this.#lastSent = JSON.stringify(loads)
      if (loads.length > 0) await this.#redis.publish(this.#keys.load, this.#lastSent)
    } catch {
      // Redis is away. All is told once a second anyway.
    } finally {
      this.#sending = false
      this.#soon()
    }
  }
}
