import { admittedAs } from '@drover/shared/enqueue'
import { orderRange, queueOf, type ChatJob } from '@drover/shared/queues'
import { admittedTtlMs, type Keys } from '@drover/shared/redis/keys'
import { fairOrderFirst } from '@drover/shared/scheduling/order'
import type { Redis } from 'ioredis'
import { readFileSync } from 'node:fs'

export interface Asked {
  readonly queue: string
  readonly caller: string
  /** Of the jobs, which want places next to each other. */
  readonly ids: readonly string[]
  /** The jobs' `enqueuedAt`. */
  readonly atMs: number
  /** Most jobs that may wait on the queue, these included. */
  readonly depthMax: number
  /** Most jobs that may be ahead of the first; undefined for any number. */
  readonly aheadMax: number | undefined
  /** Jobs on other queues that will be started before these. */
  readonly aheadElsewhere: number
}

/** `waiting`: jobs that are on the queue or on their way to it. */
export type Answer =
  /** The n-th job has the order `order + n`, at most the last there is. They are counted as waiting by now. */
  | { readonly kind: 'placed'; readonly waiting: number; readonly ahead: number; readonly order: number }
  | { readonly kind: 'full'; readonly waiting: number }
  | { readonly kind: 'late'; readonly waiting: number; readonly ahead: number }

/** The one script that decides who may wait on a queue, and where: exact, however many apis ask. */
export class Gate {
  readonly #redis: Redis & Scripts
  readonly #keys: Keys
  /** A queue's tags are worth nothing once its last job is over. */
  readonly #tagsTtlMs: number

  constructor(redis: Redis, keys: Keys, tagsTtlMs: number) {
    redis.defineCommand('droverAdmit', { numberOfKeys: 4, lua })
    this.#redis = redis as Redis & Scripts
    this.#keys = keys
    this.#tagsTtlMs = tagsTtlMs
  }

  /** One round trip. Rejects when Redis does not answer. */
  async admit(asked: Asked): Promise<Answer> {
    const { queue } = asked
    const [kind, waiting, ahead = 0, order = 0] = await this.#redis.droverAdmit(
      `${this.#keys.prefix}:${queue}:prioritized`,
      `${this.#keys.prefix}:${queue}:wait`,
      this.#keys.fair(queue),
      this.#keys.admitted(queue),
      asked.caller,
      asked.atMs,
      asked.depthMax,
      asked.aheadMax ?? '',
      asked.aheadElsewhere,
      fairOrderFirst,
      orderRange.last,
      admittedTtlMs,
      this.#tagsTtlMs,
      ...asked.ids,
    )
    switch (kind) {
      case 'placed':
        return { kind, waiting, ahead, order }
      case 'full':
        return { kind, waiting }
      case 'late':
        return { kind, waiting, ahead }
    }
  }

  /** The place a job was promised, if it has not come to it. */
  async takeBack(job: ChatJob): Promise<void> {
    const queue = queueOf(job)
    if ((await this.#redis.zrem(this.#keys.admitted(queue), admittedAs(job))) > 0) await this.refund(queue, job.caller)
  }

  /** A job that waited here was withdrawn: its caller's next one need not stand behind it. */
  async refund(queue: string, caller: string): Promise<void> {
    await this.#redis.zadd(this.#keys.fair(queue), 'XX', 'INCR', -1, caller)
  }
}

const lua = readFileSync(new URL('admit.lua', import.meta.url), 'utf8')

interface Scripts {
  droverAdmit(
    ...args: (string | number)[]
  ): Promise<[kind: Answer['kind'], waiting: number, ahead?: number, order?: number]>
}
