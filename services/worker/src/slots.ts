import type { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import type { ChatJob } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { Stop } from '@drover/shared/stop'
import type { Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import type { HostWatch } from './host-watch.ts'
import type { ChatDeps, Outcome, StopReason } from './jobs/chat.ts'
import { runChat } from './jobs/chat.ts'
import { readTicket, type Ticket } from './jobs/ticket.ts'
import { endUnreadable } from './jobs/unreadable.ts'
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
  /** Whether what was fetched may still be started. */
  mayStart(): boolean
  /** For a job of `model`, which the host calls `ownName`. */
  chatDeps(model: string, ownName: string): ChatDeps
  /** Completes the job; resolves to the queue's next one, locked by `token`, when this host should have it. */
  complete(job: Job, token: string): Promise<Job | undefined>
  /** The host does not have a model it was said to have. */
  onModelMissing(): Promise<void>
  /** A slot was taken or is free, or the host is left alone from now on. */
  onChange(): void
}

interface Running {
  readonly job: Job
  readonly token: string
  readonly stop: Stop<StopReason>
}

/** A slot that is used: by a fetch that is on its way, then by a job, and then by what comes back with its completion. */
interface Used {
  readonly model: string
  running: Running | undefined
}

/** The slots of one host. */
export class Slots {
  readonly #deps: SlotsDeps
  /** By lock token, which a slot keeps; one job may be here twice after a lock was lost. */
  readonly #used = new Map<string, Used>()
  /** Jobs an earlier start still writes: they hold no slot, but their locks are renewed. */
  readonly #followed = new Map<string, Running>()

  constructor(deps: SlotsDeps) {
    this.#deps = deps
  }

  /** By public model name. @param without the token of a slot that does not count. */
  usage(without?: string): Record<string, number> {
    const usage: Record<string, number> = {}
    for (const [token, { model }] of this.#used) if (token !== without) usage[model] = (usage[model] ?? 0) + 1
    return usage
  }

  /** Slots of fetches that are on their way. */
  get fetching(): number {
    return [...this.#used.values()].filter(used => used.running === undefined).length
  }

  /** Takes a slot for a job of `model` that is about to be fetched with the token. */
  reserve(model: string): string {
    const token = randomUUID()
    this.#used.set(token, { model, running: undefined })
    this.#deps.onChange()
    return token
  }

  /** Nothing was fetched. */
  release(token: string): void {
    this.#used.delete(token)
    this.#deps.onChange()
  }

  /** Runs a job in its slot, and then what comes back with its completion, until nothing does. Never rejects. */
  async run(first: Job, token: string): Promise<void> {
    for (let job: Job | undefined = first; job !== undefined;) {
      using stop = new Stop<StopReason>()
      const running: Running = { job, token, stop }
      const used = this.#used.get(token)
      if (used !== undefined) used.running = running
      try {
        job = await this.#runJob(running)
      } catch (error) {
        // Redis away at the wrong moment, or a bug: the lock runs out and the job starts again.
        this.#deps.logger.warn({ err: error, host: this.#deps.hostId, id: job?.id }, 'a job was let go')
        job = undefined
      }
    }
    this.release(token)
  }

  /** The jobs of this response, if they run here, are stopped. */
  cancel(responseId: string): void {
    for (const { running } of this.#used.values()) if (running?.job.id === responseId) running.stop.now('cancelled')
  }

  drain(): void {
    for (const { running } of this.#used.values()) running?.stop.now('draining')
  }

  /** Jobs that are only followed go back to their queues when their locks run out. */
  leaveFollowed(): void {
    for (const { stop } of this.#followed.values()) stop.now('draining')
  }

  async renewLocks(): Promise<void> {
    const byQueue = new Map<string, Map<string, string>>()
    const running = [...this.#used.values()].flatMap(used => used.running ?? [])
    for (const { job, token } of [...running, ...this.#followed.values()]) {
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
      await endUnreadable(job, token, this.#deps.scripts)
      return undefined
    }
    if (!this.#deps.mayStart()) return this.#settle({ kind: 'returned' }, running, ticket)
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
    const { router, watch, hostId } = this.#deps
    switch (outcome.kind) {
      case 'finished':
        if (outcome.host === 'failed') watch.failed()
        if (outcome.host === 'answered') watch.answered()
        if (outcome.host === 'failed') this.#deps.onChange()
        return this.#deps.complete(job, token)
      case 'host_failed':
        // A model that is gone says nothing against the host, which is asked what it has left.
        if (outcome.modelMissing) await this.#deps.onModelMissing()
        else watch.failed()
        this.#deps.onChange()
        await router.sendOn(job, token, ticket, hostId)
        return undefined
      case 'unsupported':
        watch.answered()
        await router.sendOn(job, token, ticket, ...outcome.unable)
        return undefined
      case 'busy':
        watch.busy()
        this.#deps.onChange()
        await router.giveBack(job, token, ticket.job)
        return undefined
      case 'returned':
        await router.giveBack(job, token, ticket.job)
        return undefined
      case 'fallback':
        await router.sendToModel(job, token, ticket, outcome.model)
        return undefined
      case 'live':
        void this.#follow({ ...running, stop: new Stop<StopReason>() }, ticket.job)
        return undefined
    }
  }

  /** Waits, without a slot, for an earlier start that still writes; then the job ends or goes back to its queue. */
  async #follow(running: Running, chat: ChatJob): Promise<void> {
    const { job, token } = running
    const { redis, keys, pullQueues, router, logger } = this.#deps
    using stop = running.stop
    this.#followed.set(token, running)
    try {
      const end = await watchLive(redis, keys, chat, stop.signal)
      if (end === 'closed') await pullQueues.complete(job, token, false)
      else await router.giveBack(job, token, chat)
    } catch (error) {
      // Its lock runs out, and another worker looks again.
      logger.warn({ err: error, id: chat.id }, 'stopped following')
    } finally {
      this.#followed.delete(token)
    }
  }
}
