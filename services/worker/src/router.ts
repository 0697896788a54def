import { askedModel } from '@drover/shared/guard-rules'
import { enqueue } from '@drover/shared/enqueue'
import { readFleet } from '@drover/shared/fleet'
import { jobOptions, orderRange, queueDefaults, queues, type ChatJob, type GuardOutputJob } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import type { HostLoad } from '@drover/shared/scheduling/load'
import { Queue, type Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { setTimeout as delay } from 'node:timers/promises'
import { asModel } from './fallbacks.ts'
import type { Ticket } from './jobs/ticket.ts'
import type { PullQueues } from '@drover/shared/pull/pull-queues'

export interface RouterDeps {
  readonly redis: Redis
  readonly keys: Keys
  readonly pullQueues: PullQueues
  /** A job that was sent to a host and still waits after so long may go to any. */
  readonly rebindAfterMs: number
  /** What is known of a host now; undefined for one that nothing was heard of. */
  readonly loadOf: (hostId: string) => HostLoad | undefined
  /** The model that answers in place of one whose hosts have all failed the job. */
  readonly fallback: (job: ChatJob) => string | undefined
}

/** Between tries while Redis is away. */
const enqueueRetryMs = 200

/** Where a job goes that its host could not do. */
export class Router implements AsyncDisposable {
  readonly #deps: RouterDeps
  readonly #queues = new Map<string, Queue>()

  constructor(deps: RouterDeps) {
    this.#deps = deps
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#queues.values()].map(queue => queue.close()))
  }

  /** Without a guard nothing of the answer leaves, so this is tried until it works or nobody wants the answer. */
  async enqueueGuard(job: ChatJob, signal: AbortSignal): Promise<void> {
    const { id, caller, deadlineAt } = job
    const data: GuardOutputJob = { id, model: askedModel(job), caller, deadlineAt }
    while (!signal.aborted) {
      try {
        await this.#queue(queues.guardOutput).add('guard-output', data, { ...jobOptions, jobId: job.id })
        return
      } catch {
        await delay(enqueueRetryMs, undefined, { signal }).catch(() => {})
      }
    }
  }

  /** Back to where it waited, as if it had not been started. */
  async giveBack(job: Job, token: string, chat: ChatJob): Promise<void> {
    await job.updateData({ ...chat, returns: chat.returns + 1 } satisfies ChatJob)
    await job.moveToWait(token)
    await this.#call(job.queueName)
  }

  /** `failedHosts` could not do it: to the best host that has not failed it, else to a fallback, else back to the group to wait. */
  async sendOn(job: Job, token: string, ticket: Ticket, ...failedHosts: readonly string[]): Promise<void> {
    const excludedHosts = [...new Set([...ticket.job.excludedHosts, ...failedHosts])]
    const failed = { ...ticket, job: { ...ticket.job, excludedHosts } }
    if (await this.sendElsewhere(job, token, failed)) return
    const model = this.#deps.fallback(failed.job)
    if (model !== undefined) return this.sendToModel(job, token, failed, model)
    await this.sendToGroup(job, token, failed)
  }

  /** To be done by whichever host of its group, before all others that wait. */
  async sendToGroup(job: Job, token: string, ticket: Ticket): Promise<void> {
    const { boundTo: _bound, boundUntil: _until, ...chat } = ticket.job
    const group = queues.group(chat.model, chat.class)
    if (job.queueName !== group) return this.#move(job, token, group, { ...ticket, job: chat })
    // Still where it came from: BullMQ counts the start itself.
    await job.updateData(chat satisfies Omit<ChatJob, 'boundTo' | 'boundUntil'>)
    await job.moveToWait(token)
    await this.#call(group)
  }

  /** Another model answers in its place, as if it had been asked for. */
  async sendToModel(job: Job, token: string, ticket: Ticket, model: string): Promise<void> {
    const chat = asModel(ticket.job, model)
    await this.#move(job, token, queues.group(model, chat.class), { ...ticket, job: chat, tries: 0 })
  }

  /** Resolves to false when no host is up that has not failed it. */
  async sendElsewhere(job: Job, token: string, ticket: Ticket): Promise<boolean> {
    const { redis, keys, loadOf, rebindAfterMs } = this.#deps
    const { model, excludedHosts } = ticket.job
    const fleet = await readFleet(redis, keys)
    const [best] = fleet
      .filter(host => host.up && !host.drained && host.models.includes(model) && !excludedHosts.includes(host.id))
      .map(host => ({ id: host.id, load: loadOf(host.id) ?? { open: true, used: host.running, slots: host.slots } }))
      .sort((a, b) => Number(b.load.open) - Number(a.load.open) || share(a.load) - share(b.load))
    if (best === undefined) return false
    const bound = { ...ticket.job, boundTo: best.id, boundUntil: Date.now() + rebindAfterMs }
    await this.#move(job, token, queues.host(best.id, model), { ...ticket, job: bound })
    return true
  }

  /** Added first, completed second: a crash between leaves two tickets, and the log lets one of them write. */
  async #move(job: Job, token: string, to: string, { job: chat, tries }: Ticket): Promise<void> {
    const { redis, keys } = this.#deps
    const moved: ChatJob = { ...chat, order: orderRange.first, moves: chat.moves + 1, triesBefore: tries, returns: 0 }
    await enqueue(this.#queue(to), moved, redis, keys)
    // Not kept: the id must be free, should the job come back to this queue.
    job.opts.removeOnComplete = true
    await this.#deps.pullQueues.complete(job, token, false)
  }

  /** Every worker that serves the queue looks whether one of its hosts should take the job. */
  async #call(queue: string): Promise<void> {
    // Redis is away: they look by themselves within two seconds.
    await this.#deps.redis.publish(this.#deps.keys.control, `job ${queue}`).catch(() => {})
  }

  #queue(name: string): Queue {
    const known = this.#queues.get(name)
    if (known !== undefined) return known
    const { redis, keys } = this.#deps
    const queue = new Queue(name, { connection: redis, prefix: keys.prefix, ...queueDefaults })
    queue.on('error', () => {})
    this.#queues.set(name, queue)
    return queue
  }
}

const share = ({ used, slots }: Pick<HostLoad, 'used' | 'slots'>): number => used / slots
