import type { Config, HostConfig } from '@drover/shared/config/schema'
import { publishHost, readHost } from '@drover/shared/fleet'
import type { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { chatJob, queues, type ChatJob } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import type { Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { HostWatch } from './host-watch.ts'
import { OllamaHost } from './hosts/ollama.ts'
import { runChat, type ChatDeps, type Outcome, type StopReason } from './jobs/chat.ts'
import { readTicket } from './jobs/ticket.ts'
import { watchLive } from './jobs/watch.ts'
import { MarkerWait } from './marker-wait.ts'
import type { PullQueues } from './pull-queues.ts'
import type { Router } from './router.ts'

export interface PoolDeps {
  readonly config: Config
  readonly redis: Redis
  readonly redisUrl: string
  readonly keys: Keys
  readonly scripts: LogScripts
  readonly pullQueues: PullQueues
  readonly router: Router
  readonly workerId: string
  readonly logger: Logger
}

interface Running {
  readonly job: Job
  readonly token: string
  readonly stop: AbortController
}

/** All the work of one host: the loop that pulls jobs for it, and the slots that run them. */
export class HostPool implements AsyncDisposable {
  readonly host: HostConfig
  readonly #deps: PoolDeps
  readonly #ollama: OllamaHost
  readonly #watch: HostWatch
  readonly #wait: MarkerWait
  /** By response id; never more than the host's slots. */
  readonly #running = new Map<string, Running>()
  /** Jobs an earlier start still writes: they hold no slot, but their locks are renewed. */
  readonly #followed = new Map<string, Running>()
  #closing = false
  #closed: Promise<void> | undefined
  #loop: Promise<void> = Promise.resolve()
  #changed = Promise.withResolvers<void>()
  /** Another worker put a job on this host's own queue, or may have. */
  #ownQueueCalls = true
  #remembered = false
  #lastPullMs = performance.now()

  constructor(host: HostConfig, deps: PoolDeps) {
    this.host = host
    this.#deps = deps
    this.#ollama = new OllamaHost(host, deps.config.upstream)
    this.#watch = new HostWatch(host, this.#ollama, deps.config)
    this.#wait = new MarkerWait(deps.redisUrl)
  }

  /** Stops pulling, lets what runs finish for `server.drainMs`, then stops that, too. */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#closing = true
    this.#wait.interrupt()
    this.#change()
    const drain = setTimeout(() => this.#stopAll(), this.#deps.config.server.drainMs)
    await this.#loop
    while (this.#running.size > 0) await this.#changed.promise
    clearTimeout(drain)
    for (const { stop } of this.#followed.values()) stop.abort('draining' satisfies StopReason)
    await this.#ollama[Symbol.asyncDispose]()
  }

  /** Pulls until disposed. */
  run(): Promise<void> {
    return (this.#loop = this.#pull())
  }

  /** Asks the host how it is and tells the fleet. Never rejects. */
  async probe(): Promise<void> {
    if (this.#closing) return
    await this.#remember()
    const news = await this.#watch.probe()
    const state = this.#watch.describe(this.#running.size, this.#deps.workerId)
    if (news) this.#deps.logger.info({ host: state.id, up: state.up, reason: state.reason }, 'host state')
    this.#change()
    try {
      if (!state.up) await this.#sendOwnQueueAway()
      await publishHost(this.#deps.redis, this.#deps.keys, state, news)
    } catch (error) {
      this.#deps.logger.warn({ err: error, host: state.id }, 'could not tell the fleet')
    }
  }

  /** What the last worker knew of a host counts until this one has reached it: a model of a host that is down stays known. */
  async #remember(): Promise<void> {
    if (this.#remembered) return
    try {
      const last = await readHost(this.#deps.redis, this.#deps.keys, this.host.id)
      if (last !== undefined) this.#watch.remember(last)
      this.#remembered = true
    } catch (error) {
      this.#deps.logger.warn({ err: error, host: this.host.id }, 'could not read what was known of the host')
    }
  }

  /** A job of this response, if it runs here, is stopped. */
  cancel(responseId: string): void {
    this.#running.get(responseId)?.stop.abort('cancelled' satisfies StopReason)
  }

  /** Slots in use. */
  get running(): number {
    return this.#running.size
  }

  callOwnQueue(): void {
    this.#ownQueueCalls = true
    this.#change()
  }

  async renewLocks(): Promise<void> {
    const byQueue = new Map<string, Map<string, string>>()
    for (const { job, token } of [...this.#running.values(), ...this.#followed.values()]) {
      const jobs = byQueue.get(job.queueName) ?? new Map<string, string>()
      byQueue.set(job.queueName, jobs.set(job.id ?? '', token))
    }
    await Promise.all([...byQueue].map(([name, jobs]) => this.#deps.pullQueues.renew(name, jobs)))
  }

  /** How long the pool has wanted a job without asking for one: the sign of a wedged connection. */
  idleWithoutPullMs(): number {
    return this.#mayPull() && !this.#wait.waiting ? performance.now() - this.#lastPullMs : 0
  }

  #mayPull(): boolean {
    return !this.#closing && this.#watch.up && this.#watch.pauseMs() === 0 && this.#running.size < this.host.slots
  }

  async #pull(): Promise<void> {
    while (!this.#closing) {
      if (!this.#mayPull()) {
        await this.#untilChanged()
        continue
      }
      const names = [queues.host(this.host.id), ...this.#watch.groups.map(queues.group)]
      const markers = this.#deps.pullQueues.markers(names)
      const marker = await this.#wait.forJob(markers)
      // BullMQ sets a queue's marker anew with every job taken from it, so only that queue is asked. Without a marker
      // (the wait is over, or another pool was quicker) all are.
      const called = marker === undefined ? names : names.filter((_, index) => markers[index] === marker)
      // A slot that failed meanwhile closed the host: what called it calls the others, and this pool once it may again.
      if (!this.#mayPull()) {
        if (marker !== undefined) await this.#deps.pullQueues.call(marker)
        continue
      }
      const token = randomUUID()
      const job = await this.#fetch(called, token)
      if (job !== undefined) void this.#runSlot(job, token)
    }
  }

  /** The first job of the first queue that has one. Redis away reads as "no job". */
  async #fetch(names: readonly string[], token: string): Promise<Job | undefined> {
    try {
      this.#ownQueueCalls = false
      for (const name of names) {
        const job = await this.#deps.pullQueues.fetch(name, token)
        this.#lastPullMs = performance.now()
        if (job !== undefined) return job
      }
    } catch (error) {
      this.#deps.logger.warn({ err: error, host: this.host.id }, 'could not pull')
    }
    return undefined
  }

  /** Runs a job, and then what comes back with its completion, until the queue gives nothing more. */
  async #runSlot(first: Job, token: string): Promise<void> {
    for (let job: Job | undefined = first; job !== undefined;) {
      const id = job.id ?? ''
      const running = { job, token, stop: new AbortController() }
      this.#running.set(id, running)
      try {
        job = await this.#runJob(running)
      } catch (error) {
        // Redis away at the wrong moment, or a bug: the lock runs out and the job starts again.
        this.#deps.logger.warn({ err: error, host: this.host.id, id }, 'a job was let go')
        job = undefined
      }
      this.#running.delete(id)
    }
    this.#change()
  }

  async #runJob(running: Running): Promise<Job | undefined> {
    const { job, token, stop } = running
    const { router } = this.#deps
    const ticket = readTicket(job)
    if (ticket === undefined) {
      await job.moveToFailed(new Error('not a chat job'), token, false)
      return undefined
    }
    const failedHere = ticket.job.excludedHosts.includes(this.host.id)
    if (failedHere && (await router.sendElsewhere(job, token, ticket.job))) return undefined
    const model = this.#watch.modelOf(ticket.job.model)
    const outcome: Outcome =
      model === undefined
        ? { kind: 'host_failed', modelMissing: true }
        : await runChat(ticket, this.#chatDeps(model, ticket.job), stop.signal)
    return this.#settle(outcome, running, ticket.job)
  }

  async #settle(outcome: Outcome, running: Running, chat: ChatJob): Promise<Job | undefined> {
    const { job, token } = running
    switch (outcome.kind) {
      case 'finished':
        if (outcome.hostFailed) this.#watch.failed()
        else this.#watch.answered()
        return this.#deps.pullQueues.complete(job, token, this.#mayFetchNext())
      case 'host_failed':
        if (outcome.modelMissing) void this.probe()
        this.#watch.failed()
        await this.#deps.router.sendOn(job, token, chat, this.host.id)
        return undefined
      case 'busy':
        this.#watch.busy()
        await giveBack(job, token, chat)
        return undefined
      case 'returned':
        await giveBack(job, token, chat)
        return undefined
      case 'live':
        void this.#follow(running, chat)
        return undefined
    }
  }

  /** Whether the queue of the job just done may give the next one: no other queue can have any. */
  #mayFetchNext(): boolean {
    const free = this.#running.size <= this.host.slots
    const onlyQueue = this.#watch.groups.length === 1 && !this.#ownQueueCalls
    return !this.#closing && this.#watch.up && this.#watch.pauseMs() === 0 && free && onlyQueue
  }

  /** Waits, without a slot, for an earlier start that still writes; then the job ends or goes back to its queue. */
  async #follow(running: Running, chat: ChatJob): Promise<void> {
    const { job, token, stop } = running
    this.#followed.set(chat.id, running)
    try {
      const end = await watchLive(this.#deps.redis, this.#deps.keys, chat, stop.signal)
      if (end === 'closed') await this.#deps.pullQueues.complete(job, token, false)
      else await job.moveToWait(token)
    } catch (error) {
      this.#deps.logger.warn({ err: error, id: chat.id }, 'stopped following')
    } finally {
      this.#followed.delete(chat.id)
    }
  }

  /** A host that is down runs nothing: what was bound to it goes to others. */
  async #sendOwnQueueAway(): Promise<void> {
    const token = randomUUID()
    const own = [queues.host(this.host.id)]
    for (let job = await this.#fetch(own, token); job !== undefined; job = await this.#fetch(own, token))
      await this.#deps.router.sendOn(job, token, chatJob.parse(job.data), this.host.id)
  }

  #chatDeps(model: string, job: ChatJob): ChatDeps {
    const options = this.#watch.optionsOf(job.model)
    return {
      ...this.#deps,
      hostId: this.host.id,
      generate: (request, signal) => this.#ollama.chat(model, request, options, signal),
      enqueueGuard: (chat, signal) => this.#deps.router.enqueueGuard(chat, signal),
    }
  }

  #stopAll(): void {
    for (const { stop } of this.#running.values()) stop.abort('draining' satisfies StopReason)
  }

  #change(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** Until a slot is free, the host's state changed, or the breaker's pause is over. */
  async #untilChanged(): Promise<void> {
    const pauseMs = this.#watch.pauseMs()
    if (pauseMs === 0) return this.#changed.promise
    const timer = setTimeout(() => this.#change(), pauseMs + 1)
    await this.#changed.promise
    clearTimeout(timer)
  }
}

/** Back to where it waited, as if it had not been started. */
const giveBack = async (job: Job, token: string, chat: ChatJob): Promise<void> => {
  await job.updateData({ ...chat, returns: chat.returns + 1 } satisfies ChatJob)
  await job.moveToWait(token)
}
