import type { Side } from '@drover/shared/guard-rules'
import type { Logger } from '@drover/shared/logger'
import type { Keys } from '@drover/shared/redis/keys'
import { executed } from '@drover/shared/redis/executed'
import type { Finding } from '@drover/shared/verdict'
import type { Redis } from 'ioredis'
import type { GuardObserver } from './reading.ts'

/** What all guards have found, added up in Redis, so that it outlives each of them. Never what was found. */
export class FindingCounts implements GuardObserver {
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #logger: Logger
  #counts = new Map<string, number>()

  constructor(redis: Redis, keys: Keys, logger: Logger) {
    this.#redis = redis
    this.#keys = keys
    this.#logger = logger
  }

  found(side: Side, findings: readonly Finding[]): void {
    for (const { scanner, action } of findings) this.#add(`${side} ${scanner} ${action}`)
  }

  /** Only the kind of an error is told: its message could quote what was scanned. */
  failed(side: Side, scanner: string, error: unknown): void {
    this.#add(`${side} ${scanner} failed`)
    this.#logger.warn({ side, scanner, error: error instanceof Error ? error.name : typeof error }, 'a scanner failed')
  }

  /** One round trip, none where nothing was found. Rejects, and keeps the counts, when Redis does not take them. */
  async flush(): Promise<void> {
    if (this.#counts.size === 0) return
    const counts = this.#counts
    this.#counts = new Map()
    const pipeline = this.#redis.pipeline()
    for (const [field, count] of counts) pipeline.hincrby(this.#keys.findings, field, count)
    try {
      await executed(pipeline)
    } catch (error) {
      for (const [field, count] of counts) this.#add(field, count)
      throw error
    }
  }

  #add(field: string, count = 1): void {
    this.#counts.set(field, (this.#counts.get(field) ?? 0) + count)
  }
}
