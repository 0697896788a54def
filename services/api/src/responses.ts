import { enqueue } from '@drover/shared/enqueue'
import { DroverError } from '@drover/shared/errors/drover-error'
import { askedModel } from '@drover/shared/guard-rules'
import type { StreamEvent } from '@drover/shared/events'
import type { LogHub } from '@drover/shared/log/hub'
import { readLog } from '@drover/shared/log/reader'
import type { LogScripts } from '@drover/shared/log/scripts'
import {
  jobOptions,
  orderRange,
  queueDefaults,
  queueOf,
  queues,
  type ChatJob,
  type GuardObserveJob,
} from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type { FleetView } from './fleet-view.ts'
import type { AskedRequests } from './admission/asked.ts'
import type { Gate } from './admission/gate.ts'

export interface ResponsesDeps {
  /** Fails fast: a request waits on it. */
  readonly redis: Redis
  readonly keys: Keys
  readonly hub: LogHub
  readonly scripts: LogScripts
  readonly gate: Pick<Gate, 'refund' | 'takeBack'>
  readonly asked: Pick<AskedRequests, 'remember' | 'forget'>
  readonly fleet: Pick<FleetView, 'observable'>
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
   * Listens, and only then enqueues. The events end with a terminal one: then `finish`; whoever stops reading before
   * it, or could not start, must `cancel`. Throws DroverError `queue_unavailable` when Redis does not take the job within a second.
   * @param name the model's, as the client wrote it.
   * @param position where it will stand on its queue.
   */
  async start(
    job: ChatJob,
    { name, position, signal }: { readonly name: string; readonly position: number; readonly signal: AbortSignal },
  ): Promise<AsyncGenerator<StreamEvent[]>> {
    const { hub, keys, asked } = this.#deps
    const entries = readLog(hub, keys.log(job.id, 'out'), { fresh: true, signal })
    // Sends the subscription before the job, on the same connection; nobody can append in between.
    const first = entries.next()
    try {
      const enqueued = this.#enqueue(job, position)
      asked.remember(job, name)
      await within(enqueueTimeoutMs, enqueued)
      this.#observe(job)
    } catch (error) {
      // Not waited for: it ends when the caller, who has no events now, aborts `signal`.
      void entries.return(undefined)
      first.catch(() => {})
      throw new DroverError('queue_unavailable', {}, error)
    }
    return eventsOf(first, entries)
  }

  /** Its events have ended. */
  finish(job: ChatJob): void {
    this.#deps.asked.forget(job)
    // A guard that refused it did not put it on its queue.
    if (job.guard.input) void this.#deps.gate.takeBack(job).catch(() => {})
    this.#forgetVectors(job)
  }

  /** Nobody wants the answer any more: a waiting job is removed, a running one is stopped. */
  cancel(job: ChatJob): void {
    this.#deps.asked.forget(job)
    const cancelling = this.#cancel(job)
      // Redis is away. The worker then finds that nobody listens (`LogHub`).
      .catch(() => {})
      .finally(() => this.#cancelling.delete(cancelling))
    this.#cancelling.add(cancelling)
  }

  async #cancel(job: ChatJob): Promise<void> {
    const { redis, keys, scripts, gate } = this.#deps
    // A bound job may be back in its group by now.
    const names = new Set([queueOf(job), queues.group(job.model, job.class)])
    const steps = [
      scripts.close(job.id, ['raw', 'out'], { type: 'cancelled' }).finally(() => this.#forgetVectors(job)),
      redis.publish(keys.control, `cancel ${job.id}`),
      ...(job.guard.input ? [this.#queue(queues.guardInput).remove(job.id)] : []),
      gate.takeBack(job),
      ...[...names].map(name => this.#remove(job, name)),
    ]
    await within(enqueueTimeoutMs, Promise.allSettled(steps))
  }

  /** Vectors are megabytes, and nobody resumes them. */
  #forgetVectors(job: ChatJob): void {
    if (job.request.kind === 'embed')
      this.#deps.scripts.forget(job.id, job.guard.output ? ['raw', 'out'] : ['out']).catch(() => {})
  }

  /** From a queue it may wait on. */
  async #remove(job: ChatJob, name: string): Promise<void> {
    const { redis, keys, gate } = this.#deps
    const [waited] = await Promise.all([
      redis.zscore(`${keys.prefix}:${name}:prioritized`, job.id),
      this.#queue(name).remove(job.id),
    ])
    if (waited !== null) await gate.refund(name, job.caller)
  }

  async #enqueue(job: ChatJob, position: number): Promise<void> {
    if (!job.guard.input) return enqueue(this.#queue(queueOf(job)), job, this.#deps.redis, this.#deps.keys)
    // Orders of different queues are not comparable: who will wait least is scanned first.
    const priority = Math.min(position, orderRange.last)
    await this.#queue(queues.guardInput).add('chat', job, { ...jobOptions, jobId: job.id, priority })
  }

  /** Copies for a guard that nobody waits for: one that is lost is not counted, and that is all. */
  #observe(job: ChatJob): void {
    if (!this.#deps.fleet.observable) return
    const { id, caller, deadlineAt } = job
    const answer = { side: 'output', id, model: askedModel(job), caller, deadlineAt } as const
    for (const side of job.observed) {
      const copy: GuardObserveJob = side === 'input' ? { side, job } : answer
      void this.#queue(queues.guardObserve)
        .add(side, copy, { ...jobOptions, jobId: `${id}-${side}` })
        .catch(() => {})
    }
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
