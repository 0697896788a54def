import { readFleet } from '@drover/shared/fleet'
import { jobOptions, queueDefaults, queues, type ChatJob, type GuardOutputJob } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { Queue, type Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ticket } from './jobs/ticket.ts'
import type { PullQueues } from '@drover/shared/pull/pull-queues'

/** Between tries while Redis is away. */
const enqueueRetryMs = 200

/** Where a job goes that its host could not do. */
export class Router implements AsyncDisposable {
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #pullQueues: PullQueues
  readonly #queues = new Map<string, Queue>()

  constructor(redis: Redis, keys: Keys, pullQueues: PullQueues) {
    this.#redis = redis
    this.#keys = keys
    this.#pullQueues = pullQueues
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#queues.values()].map(queue => queue.close()))
  }

  /** Without a guard nothing of the answer leaves, so this is tried until it works or nobody wants the answer. */
  async enqueueGuard(job: ChatJob, signal: AbortSignal): Promise<void> {
    const data: GuardOutputJob = { id: job.id, model: job.model, deadlineAt: job.deadlineAt }
    while (!signal.aborted) {
      try {
        await this.#queue(queues.guardOutput).add('guard-output', data, { ...jobOptions, jobId: job.id })
        return
      } catch {
        await delay(enqueueRetryMs, undefined, { signal }).catch(() => {})
      }
    }
  }

  /** `failedHost` could not do it: to the best host that has not failed it, else back to the group to wait. */
  async sendOn(job: Job, token: string, ticket: Ticket, failedHost: string): Promise<void> {
    const excludedHosts = [...new Set([...ticket.job.excludedHosts, failedHost])]
    const failed = { ...ticket, job: { ...ticket.job, excludedHosts } }
    if (await this.sendElsewhere(job, token, failed)) return
    const group = queues.group(ticket.job.model)
    // Still where it came from: BullMQ counts the start itself.
    if (job.queueName === group) await job.moveToWait(token)
    else await this.#move(job, token, group, failed)
  }

  /** Resolves to false when no host is alive that has not failed it. */
  async sendElsewhere(job: Job, token: string, ticket: Ticket): Promise<boolean> {
    const fleet = await readFleet(this.#redis, this.#keys)
    const { model, excludedHosts } = ticket.job
    const best = fleet
      .filter(host => host.up && host.models.includes(model) && !excludedHosts.includes(host.id))
      .sort((a, b) => a.running / a.slots - b.running / b.slots)[0]
    if (best === undefined) return false
    await this.#move(job, token, queues.host(best.id), ticket)
    await this.#redis.publish(this.#keys.control, `redirect ${best.id}`)
    return true
  }

  /** Added first, completed second: a crash between leaves two tickets, and the log lets one of them write. */
  async #move(job: Job, token: string, to: string, { job: chat, tries }: Ticket): Promise<void> {
    const moved: ChatJob = { ...chat, moves: chat.moves + 1, triesBefore: tries, returns: 0 }
    await this.#queue(to).add(job.name, moved, { ...jobOptions, jobId: chat.id })
    // Not kept: the id must be free, should the job come back to this queue.
    job.opts.removeOnComplete = true
    await this.#pullQueues.complete(job, token, false)
  }

  #queue(name: string): Queue {
    const known = this.#queues.get(name)
    if (known !== undefined) return known
    const queue = new Queue(name, { connection: this.#redis, prefix: this.#keys.prefix, ...queueDefaults })
    queue.on('error', () => {})
    this.#queues.set(name, queue)
    return queue
  }
}
