import { createRedisBackend, Job, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { locks, triesMax } from '../queues.ts'

/**
 * One BullMQ worker per queue, without a processor and without its main loop, which was seen to wait for ever for the
 * end of a connection that was cut. Whoever pulls fetches by hand, and so binds a job only when it can be run.
 */
export class PullQueues implements AsyncDisposable {
  readonly #redis: Redis
  readonly #prefix: string
  readonly #onError: (error: Error) => void
  readonly #onStalled: (queue: string) => void
  readonly #workers = new Map<string, Worker>()

  /** @param onStalled a job of the queue waits again, because its worker died. */
  constructor(
    redis: Redis,
    prefix: string,
    onError: (error: Error) => void,
    onStalled: (queue: string) => void = () => {},
  ) {
    this.#redis = redis
    this.#prefix = prefix
    this.#onError = onError
    this.#onStalled = onStalled
  }

  /** Waits for no answer of Redis. What is on its way then is BullMQ's to ignore, also when it rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#workers.values()].map(worker => worker.close(true)))
  }

  /** Starts the queue's stalled check with its first use: a queue nobody looks after never gets its dead jobs back. */
  get(name: string): Worker {
    const known = this.#workers.get(name)
    if (known !== undefined) return known
    const options = {
      connection: this.#redis,
      prefix: this.#prefix,
      autorun: false,
      // Once per queue, at its first use; were Redis frozen then, the queue would be refused for ever.
      skipVersionCheck: true,
      lockDuration: locks.lockDurationMs,
      stalledInterval: locks.stalledIntervalMs,
      // Tries are counted by the life of a job, which ends the response with an error; BullMQ would only drop the job.
      maxStalledCount: triesMax * 100,
    }
    // Without the blocking connection that BullMQ opens per worker: pools wait on one of their own for all queues.
    const worker = new Worker(name, null, options, (queue, opts) => createRedisBackend(queue, opts))
    worker.on('error', this.#onError)
    worker.on('stalled', () => this.#onStalled(name))
    worker.startStalledCheckTimer().catch(this.#onError)
    this.#workers.set(name, worker)
    return worker
  }

  async fetch(name: string, token: string): Promise<Job | undefined> {
    return this.get(name).getNextJob(token, { block: false })
  }

  /** Completes the job; with `fetchNext`, the queue's next job comes back in the same round trip, locked by `token`. */
  async complete(job: Job, token: string, fetchNext: boolean): Promise<Job | undefined> {
    const reply = await job.moveToCompleted(null, token, fetchNext)
    if (!Array.isArray(reply)) return undefined
    const [data, id] = reply as [Parameters<typeof Job.fromJSON>[1] | undefined, string]
    if (!data) return undefined
    const next = Job.fromJSON(this.get(job.queueName), data, id)
    next.token = token
    return next
  }

  /** Keys whose element says "there may be a job": BullMQ's own markers, waited on all at once by one connection. */
  markers(names: readonly string[]): string[] {
    return names.map(name => this.get(name).toKey('marker'))
  }

  /** Sets a marker again that was taken and not followed. */
  async call(marker: string): Promise<void> {
    try {
      await this.#redis.zadd(marker, 0, '0')
    } catch (error) {
      // Redis is away: everybody looks by himself within two seconds.
      this.#onError(error as Error)
    }
  }

  async renew(name: string, jobs: ReadonlyMap<string, string>): Promise<void> {
    await this.get(name).extendJobLocks([...jobs.keys()], [...jobs.values()], locks.lockDurationMs)
  }
}
