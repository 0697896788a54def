import type { ChatJob } from '@drover/shared/queues'
import { warmTtlMs, type Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import { WarmCaches } from './warm-caches.ts'

type Turn = Pick<ChatJob, 'conversation' | 'continues'>

// Another host may have answered the same conversation since.
const forgetLua = `
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end`

/**
 * Tells the fleet which conversations a host has in its KV caches, so that their next turns come here, and which are gone,
 * so that nobody waits for nothing. Nobody waits for what is said: Redis away, it costs a turn some time.
 */
export class Conversations {
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #hostId: string
  /** By the host's own name of the model. */
  readonly #caches = new Map<string, WarmCaches>()

  constructor(redis: Redis, keys: Keys, hostId: string) {
    this.#redis = redis
    this.#keys = keys
    this.#hostId = hostId
  }

  /** @param free slots of the model, without the one of this job. */
  begin(model: string, turn: Turn, free: number): void {
    this.#forget(this.#of(model).begin(turn.continues, free))
  }

  /** @param free slots of the model, the one of this job among them. */
  end(model: string, { conversation }: Turn, free: number): void {
    this.#forget(this.#of(model).end(conversation, free))
    if (conversation === undefined) return
    this.#redis.set(this.#keys.warm(conversation), this.#hostId, 'PX', warmTtlMs).catch(() => {})
  }

  /** What is not in the host's memory is in no cache. */
  keepOnly(loaded: ReadonlySet<string>): void {
    for (const [model, caches] of this.#caches) {
      if (loaded.has(model)) continue
      this.#forget(caches.clear())
      this.#caches.delete(model)
    }
  }

  #of(model: string): WarmCaches {
    const known = this.#caches.get(model) ?? new WarmCaches()
    this.#caches.set(model, known)
    return known
  }

  #forget(digests: readonly string[]): void {
    if (digests.length === 0) return
    const keys = digests.map(digest => this.#keys.warm(digest))
    this.#redis.eval(forgetLua, keys.length, ...keys, this.#hostId).catch(() => {})
  }
}
