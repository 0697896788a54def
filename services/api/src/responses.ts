import type { Config } from '@drover/shared/config/schema'
import { DroverError } from '@drover/shared/errors/drover-error'
import type { StreamEvent } from '@drover/shared/events'
import type { LogHub } from '@drover/shared/log/hub'
import { readLog } from '@drover/shared/log/reader'
import type { LogScripts } from '@drover/shared/log/scripts'
import { jobOptions, queueDefaults, queues, type ChatJob, type ChatRequest } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { guarded } from './guarded.ts'

export interface ResponsesDeps {
  readonly config: Config
  /** Fails fast: a request waits on it. */
  readonly redis: Redis
  readonly keys: Keys
  readonly hub: LogHub
  readonly scripts: LogScripts
}

/** A queue object that was made while Redis is away waits for it without a limit of its own. */
const enqueueTimeoutMs = 1_300

/** The api's side of a job: listen, enqueue, read, cancel. */
export class Responses implements AsyncDisposable {
  readonly #deps: ResponsesDeps
  readonly #queues = new Map<string, Queue>()
  readonly #cancelling = new Set<Promise<void>>()

  constructor(deps: ResponsesDeps) {
    this.#deps = deps
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#cancelling)
    await Promise.allSettled([...this.#queues.values()].map(queue => queue.close()))
  }

  /**
   * Listens, and only then enqueues. The events end with a terminal one; whoever stops reading before it must
   * `cancel`. Throws DroverError `queue_unavailable` when Redis does not take the job within a second.
   */
  async start(
    id: string,
    model: string,
    request: ChatRequest,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<StreamEvent[]>> {
    const { config, hub, keys } = this.#deps
    const enqueuedAt = Date.now()
    const job: ChatJob = {
      id,
      model,
      request,
      guard: guarded(config),
      enqueuedAt,
      deadlineAt: enqueuedAt + config.queue.deadlineMs,
      excludedHosts: [],
      moves: 0,
      triesBefore: 0,
      returns: 0,
    }
    const entries = readLog(hub, keys.log(id, 'out'), { fresh: true, signal })
    // Sends the subscription before the job, on the same connection; nobody can append in between.
    const first = entries.next()
    try {
      const queue = this.#queue(job.guard.input ? queues.guardInput : queues.group(model))
      await within(enqueueTimeoutMs, queue.add('chat', job, { ...jobOptions, jobId: id }))
    } catch (error) {
      // Not waited for: it ends when the caller, who has no events now, aborts `signal`.
      void entries.return(undefined)
      first.catch(() => {})
      throw new DroverError('queue_unavailable', {}, error)
    }
    return eventsOf(first, entries)
  }

  /** Nobody wants the answer any more: a waiting job is removed, a running one is stopped. */
  cancel(id: string, model: string): void {
    const cancelling = this.#cancel(id, model)
      // Redis is away. The worker then finds that nobody listens (`LogHub`).
      .catch(() => {})
      .finally(() => this.#cancelling.delete(cancelling))
    this.#cancelling.add(cancelling)
  }

  async #cancel(id: string, model: string): Promise<void> {
    const { redis, keys, scripts } = this.#deps
    const steps = [
      scripts.close(id, ['raw', 'out'], { type: 'cancelled' }),
      redis.publish(keys.control, `cancel ${id}`),
      this.#queue(queues.guardInput).remove(id),
      this.#queue(queues.group(model)).remove(id),
    ]
    await within(enqueueTimeoutMs, Promise.allSettled(steps))
  }

  #queue(name: string): Queue {
    const known = this.#queues.get(name)
    if (known !== undefined) return known
    const queue = new Queue(name, { connection: this.#deps.redis, prefix: this.#deps.keys.prefix, ...queueDefaults })
    queue.on('error', () => {})
    this.#queues.set(name, queue)
    return queue
  }
}

const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => timeout.reject(new Error(`no answer within ${ms} ms`)), ms)
  try {
    await Promise.race([work, timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function* eventsOf(
  first: ReturnType<ReturnType<typeof readLog>['next']>,
  rest: ReturnType<typeof readLog>,
): AsyncGenerator<StreamEvent[]> {
  try {
    for (let next = await first; next.done !== true; next = await rest.next()) yield next.value.events
  } finally {
    await rest.return(undefined)
  }
}
