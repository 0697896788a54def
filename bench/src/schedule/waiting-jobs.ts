import { jobOptions, orderRange, queueDefaults, queueOf, type ChatJob } from '@drover/shared/queues'
import { createKeys } from '@drover/shared/redis/keys'
import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'

/** Keeps so many jobs waiting on a model's queue, put there directly: an api would take minutes for a hundred thousand. */
export class WaitingJobs implements AsyncDisposable {
  readonly #redis: Redis
  readonly #prefix: string
  readonly #model: string
  readonly #queue: Queue
  #added = 0

  constructor(redis: Redis, prefix: string, model: string) {
    this.#redis = redis
    this.#prefix = prefix
    this.#model = model
    const name = queueOf({ model, class: 'interactive' })
    this.#queue = new Queue(name, { connection: redis, prefix, ...queueDefaults })
    this.#queue.on('error', () => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close()
  }

  /** Adds what is missing. */
  async fillTo(waiting: number): Promise<void> {
    for (;;) {
      const missing = waiting - (await this.#queue.getPrioritizedCount())
      if (missing <= 0) return
      await this.add(Math.min(missing, jobsPerCall))
    }
  }

  async add(count: number): Promise<void> {
    const jobs = Array.from({ length: count }, () => this.#nextJob())
    await this.#queue.addBulk(
      jobs.map(job => ({ name: 'chat', data: job, opts: { ...jobOptions, jobId: job.id, priority: job.order } })),
    )
    const calls = this.#redis.pipeline()
    const { control } = createKeys(this.#prefix)
    // One for each, as from an api.
    for (const _job of jobs) calls.publish(control, `job ${this.#queue.name}`)
    await calls.exec()
  }

  #nextJob(): ChatJob {
    const seed = (this.#added += 1)
    const now = Date.now()
    return {
      id: `waiting-${seed}`,
      model: this.#model,
      request: {
        kind: 'chat',
        messages: [{ role: 'user', content: 'Count the sheep.' }],
        options: { seed: String(seed), num_predict: String(tokens) },
      },
      guard: { input: false, output: false },
      observed: [],
      caller: `caller-${seed % callers}`,
      class: 'interactive',
      order: Math.min(orderRange.last, orderRange.first + Math.ceil(seed / callers)),
      enqueuedAt: now,
      deadlineAt: now + 3_600_000,
      excludedHosts: [],
      tried: [],
      moves: 0,
      triesBefore: 0,
      returns: 0,
    }
  }
}

/** All alike, so that hosts are known to be alike. */
export const tokens = 3
const jobsPerCall = 1_000
const callers = 20
