import type { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { type ChatJob } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { Stop } from '@drover/shared/stop'
import type { Job } from 'bullmq'
import type { Redis } from 'ioredis'
import type { HostWatch } from './host-watch.ts'
import type { ChatDeps, Outcome, StopReason } from './jobs/chat.ts'
import { runChat } from './jobs/chat.ts'
import { readTicket, type Ticket } from './jobs/ticket.ts'
import { watchLive } from './jobs/watch.ts'
import type { PullQueues } from '@drover/shared/pull/pull-queues'
import type { Router } from './router.ts'

export interface SlotsDeps {
  readonly redis: Redis
  readonly keys: Keys
  readonly scripts: LogScripts
  readonly pullQueues: PullQueues
  readonly router: Router
  readonly logger: Logger
  readonly hostId: string
  readonly watch: HostWatch
  /** For a job of `model`, which the host calls `ownName`. */
  chatDeps(model: string, ownName: string): ChatDeps
  /** Whether the queue of the job just done may give the next one. */
  mayFetchNext(): boolean
  /** The host does not have a model it was said to have. */
  onModelMissing(): Promise<void>
  /** A slot is free. */
  onFree(): void
}

interface Running {
  readonly job: Job
  readonly token: string
  readonly stop: Stop<StopReason>
}

/** The jobs of one host that run now: a chain per slot, each job followed by what comes back with its completion. */
export class Slots {
  readonly #deps: SlotsDeps
  /** By lock token, which a chain keeps; one job may be here twice after a lock was lost. */
  readonly #running = new Map<string, Running>()
  /** Jobs an earlier start still writes: they hold no slot, but their locks are renewed. */
  readonly #followed = new Map<string, Running>()

  constructor(deps: SlotsDeps) {
    this.#deps = deps
  }

  get used(): number {
    return this.#running.size
  }

  /** Runs a job, and then what comes back with its completion, until the queue gives nothing more. Never rejects. */
  async run(first: Job, token: string): Promise<void> {
    for (let job: Job | undefined = first; job !== undefined;) {
      using stop = new Stop<StopReason>()
      this.#running.set(token, { job, token, stop })
      try {
        job = await this.#runJob({ job, token, stop })
      } catch (error) {
        // Redis away at the wrong moment, or a bug: the lock runs out and the job starts again.
        this.#deps.logger.warn({ err: error, host: this.#deps.hostId, id: job?.id }, 'a job was let go')
        job = undefined
      }
      this.#running.delete(token)
    }
    this.#deps.onFree()
  }

  /** The jobs of this response, if they run here, are stopped. */
  cancel(responseId: string): void {
    for (const { job, stop } of this.#running.values()) if (job.id === responseId) stop.now('cancelled')
  }

  drain(): void {
    for (const { stop } of this.#running.values()) stop.now('draining')
  }

  /** Jobs that are only followed go back to their queues when their locks run out. */
  leaveFollowed(): void {
    for (const { stop } of this.#followed.values()) stop.now('draining')
  }

  async renewLocks(): Promise<void> {
    const byQueue = new Map<string, Map<string, string>>()
    for (const { job, token } of [...this.#running.values(), ...this.#followed.values()]) {
      const jobs = byQueue.get(job.queueName) ?? new Map<string, string>()
      byQueue.set(job.queueName, jobs.set(job.id ?? '', token))
    }
    await Promise.all([...byQueue].map(([name, jobs]) => this.#deps.pullQueues.renew(name, jobs)))
  }

  async #runJob(running: Running): Promise<Job | undefined> {
    const { job, token, stop } = running
    const { router, watch, hostId } = this.#deps
    const ticket = readTicket(job)
    if (ticket === undefined) {
      // A newer version's, perhaps. Whoever waits for it is told so.
      await this.#deps.scripts.close(job.id ?? '', ['raw', 'out'], {
        type: 'error',
        code: 'internal_error',
        params: {},
      })
      await job.moveToFailed(new Error('not a chat job'), token, false)
      return undefined
    }
    const failedHere = ticket.job.excludedHosts.includes(hostId)
    const untried = { ...ticket, tries: ticket.tries - 1 }
    if (failedHere && (await router.sendElsewhere(job, token, untried))) return undefined
    const ownName = watch.modelOf(ticket.job.model)
    const outcome: Outcome =
      ownName === undefined
        ? { kind: 'host_failed', modelMissing: true }
        : await runChat(ticket, this.#deps.chatDeps(ticket.job.model, ownName), stop)
    return this.#settle(outcome, running, ticket)
  }

  async #settle(outcome: Outcome, running: Running, ticket: Ticket): Promise<Job | undefined> {
    const { job, token } = running
    const { router, watch, pullQueues, hostId } = this.#deps
    switch (outcome.kind) {
      case 'finished':
        if (outcome.host === 'failed') watch.failed()
        if (outcome.host === 'answered') watch.answered()
        return pullQueues.complete(job, token, this.#deps.mayFetchNext())
      case 'host_failed':
        // A model that is gone says nothing against the host, which is asked what it has left.
        if (outcome.modelMissing) await this.#deps.onModelMissing()
        else watch.failed()
        await router.sendOn(job, token, ticket, hostId)
        return undefined
      case 'busy':
        watch.busy()
        await giveBack(job, token, ticket.job)
        return undefined
      case 'returned':
        await giveBack(job, token, ticket.job)
        return undefined
      case 'live':
        void this.#follow({ ...running, stop: new Stop<StopReason>() }, ticket.job)
        return undefined
    }
  }

  /** Waits, without a slot, for an earlier start that still writes; then the job ends or goes back to its queue. */
  async #follow(running: Running, chat: ChatJob): Promise<void> {
    const { job, token } = running
    const { redis, keys, pullQueues, logger } = this.#deps
    using stop = running.stop
    this.#followed.set(token, running)
    try {
      const end = await watchLive(redis, keys, chat, stop.signal)
      if (end === 'closed') await pullQueues.complete(job, token, false)
      else await giveBack(job, token, chat)
    } catch (error) {
      // Its lock runs out, and another worker looks again.
      logger.warn({ err: error, id: chat.id }, 'stopped following')
    } finally {
      this.#followed.delete(token)
    }
  }
}

/** Back to where it waited, as if it had not been started. */
const giveBack = async (job: Job, token: string, chat: ChatJob): Promise<void> => {
  await job.updateData({ ...chat, returns: chat.returns + 1 } satisfies ChatJob)
  await job.moveToWait(token)
}
