import type { Config, HostConfig } from '@drover/shared/config/schema'
import { publishHost, type HostState } from '@drover/shared/fleet'
import type { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { chatJob, queues, type ChatJob } from '@drover/shared/queues'
import { canonicalModel } from '@drover/shared/model-name'
import type { Keys } from '@drover/shared/redis/keys'
import type { Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { afterBusy, afterFailure, closedBreaker, type Breaker } from './breaker.ts'
import type { HostFacts } from './hosts/ollama.ts'
import { OllamaHost } from './hosts/ollama.ts'
import { runChat, type Outcome, type StopReason, type Ticket } from './jobs/chat.ts'
import { watchLive } from './jobs/watch.ts'
import { MarkerWait } from './marker-wait.ts'
import type { PullQueues } from './pull-queues.ts'
import type { Router } from './router.ts'
import { servedModels } from './served-models.ts'

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

/** All the work of one host: what it serves, whether it is well, and the slots that pull jobs for it. */
export class HostPool implements AsyncDisposable {
  readonly host: HostConfig
  readonly #deps: PoolDeps
  readonly #ollama: OllamaHost
  readonly #wait: MarkerWait
  readonly #running = new Map<string, Running>()
  /** Jobs another start still writes: they hold no slot, but their locks are renewed. */
  readonly #watched = new Map<string, Running>()
  #served = new Map<string, string>()
  #facts: HostFacts | undefined
  #downBecause: string | undefined = 'not probed yet'
  #breaker: Breaker = closedBreaker
  #closing = false
  #loop: Promise<void> = Promise.resolve()
  #changed = Promise.withResolvers<void>()
  /** Another host's worker put a job on this host's own queue, or may have. */
  #ownQueueCalls = true
  #lastPullMs = performance.now()

  constructor(host: HostConfig, deps: PoolDeps) {
    this.host = host
    this.#deps = deps
    this.#ollama = new OllamaHost(host, deps.config.upstream)
    this.#wait = new MarkerWait(deps.redisUrl)
  }

  /** Stops pulling, lets what runs finish for `server.drainMs`, then stops that, too. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    this.#wait.interrupt()
    this.#change()
    const drain = setTimeout(() => this.#stopAll('draining'), this.#deps.config.server.drainMs)
    await this.#loop
    while (this.#running.size > 0) await this.#changed.promise
    clearTimeout(drain)
    for (const { stop } of this.#watched.values()) stop.abort('draining' satisfies StopReason)
    await this.#wait[Symbol.asyncDispose]()
    await this.#ollama[Symbol.asyncDispose]()
  }

  /** Pulls until disposed. */
  run(): Promise<void> {
    return (this.#loop = this.#pull())
  }

  async #pull(): Promise<void> {
    while (!this.#closing) {
      if (!this.#mayPull()) {
        await this.#untilChanged()
        continue
      }
      const names = this.#queueNames()
      const token = randomUUID()
      const job = await this.#fetch(names, token)
      if (job !== undefined) void this.#runSlot(job, token)
      else await this.#wait.forJob(this.#deps.pullQueues.markers(names))
    }
  }

  /** Asks the host how it is, and tells the fleet. Never throws. */
  async probe(): Promise<void> {
    const wasUp = this.#downBecause === undefined
    const servedBefore = this.#served.size
    try {
      this.#facts = await this.#ollama.probe(AbortSignal.timeout(this.#deps.config.probe.timeoutMs))
      this.#served = servedModels(this.host, this.#deps.config.models, this.#facts.installed)
      this.#downBecause = undefined
    } catch (error) {
      this.#downBecause = error instanceof Error && 'detail' in error ? String(error.detail) : 'it did not answer'
    }
    const isUp = this.#downBecause === undefined
    if (isUp !== wasUp) this.#deps.logger.info({ host: this.host.id, up: isUp, reason: this.#downBecause }, 'host state')
    this.#change()
    try {
      if (!isUp) await this.#sendOwnQueueAway()
      const news = isUp !== wasUp || this.#served.size !== servedBefore
      await publishHost(this.#deps.redis, this.#deps.keys, this.state(), news)
    } catch (error) {
      this.#deps.logger.warn({ err: error, host: this.host.id }, 'could not tell the fleet')
    }
  }

  state(): HostState {
    const reason = this.#downBecause
    return {
      id: this.host.id,
      url: new URL(this.host.url).origin,
      up: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
      ...(this.#facts === undefined ? {} : { version: this.#facts.version }),
      slots: this.host.slots,
      running: this.#running.size,
      models: [...this.#served.keys()],
      loaded: reason === undefined ? [...(this.#facts?.loaded ?? [])] : [],
      worker: this.#deps.workerId,
    }
  }

  /** A job of this response, if it runs here, is stopped. */
  cancel(responseId: string): void {
    this.#running.get(responseId)?.stop.abort('cancelled' satisfies StopReason)
  }

  callOwnQueue(): void {
    this.#ownQueueCalls = true
    this.#change()
  }

  async renewLocks(): Promise<void> {
    const byQueue = new Map<string, Map<string, string>>()
    for (const { job, token } of [...this.#running.values(), ...this.#watched.values()]) {
      const jobs = byQueue.get(job.queueName) ?? new Map<string, string>()
      byQueue.set(job.queueName, jobs.set(job.id ?? '', token))
    }
    await Promise.all([...byQueue].map(([name, jobs]) => this.#deps.pullQueues.renew(name, jobs)))
  }

  /** How long the pool has wanted a job without having asked for one: the sign of a wedged connection. */
  idleWithoutPullMs(): number {
    return this.#mayPull() && !this.#wait.waiting ? performance.now() - this.#lastPullMs : 0
  }

  #mayPull(): boolean {
    return (
      !this.#closing &&
      this.#downBecause === undefined &&
      performance.now() >= this.#breaker.closedUntilMs &&
      this.#running.size < this.host.slots
    )
  }

  #queueNames(): string[] {
    return [queues.host(this.host.id), ...[...this.#served.keys()].map(queues.group)]
  }

  /** One look at each queue, its own first. Redis away reads as "no job". */
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
    for (let job: Job | undefined = first; job !== undefined; ) {
      const id = job.id ?? ''
      const running = { job, token, stop: new AbortController() }
      this.#running.set(id, running)
      try {
        job = await this.#runJob(running)
      } catch (error) {
        // A bug, or Redis away at the wrong moment: the lock runs out and the job starts again.
        this.#deps.logger.warn({ err: error, host: this.host.id, id }, 'a job was let go')
        job = undefined
      }
      this.#running.delete(id)
    }
    this.#change()
  }

  async #runJob(running: Running): Promise<Job | undefined> {
    const { job, token, stop } = running
    const ticket = readTicket(job)
    if (ticket === undefined) {
      await job.moveToFailed(new Error('not a chat job'), token, false)
      return undefined
    }
    if (ticket.job.excludedHosts.includes(this.host.id) && (await this.#deps.router.sendElsewhere(job, token, ticket.job)))
      return undefined
    const model = this.#served.get(ticket.job.model)
    const outcome: Outcome =
      model === undefined
        ? { kind: 'host_failed', modelMissing: true }
        : await runChat(ticket, this.#chatDeps(model, ticket.job), stop.signal)
    return this.#settle(outcome, running, ticket)
  }

  async #settle(outcome: Outcome, running: Running, { job: chat }: Ticket): Promise<Job | undefined> {
    const { job, token } = running
    const { router, pullQueues } = this.#deps
    switch (outcome.kind) {
      case 'finished':
        this.#breaker = outcome.hostFailed ? afterFailure(this.#breaker, performance.now()) : closedBreaker
        return pullQueues.complete(job, token, this.#mayFetchNext())
      case 'busy':
        this.#breaker = afterBusy(this.#breaker, performance.now())
        await job.moveToWait(token)
        return undefined
      case 'host_failed':
        if (outcome.modelMissing) void this.probe()
        this.#breaker = afterFailure(this.#breaker, performance.now())
        await router.sendOn(job, token, chat, this.host.id)
        return undefined
      case 'returned':
        await job.moveToWait(token)
        return undefined
      case 'live':
        this.#watch(running)
        return undefined
    }
  }

  /** The queue of the job just done gives the next one, if this is the only queue that can have any. */
  #mayFetchNext(): boolean {
    const others = this.#running.size - 1
    return (
      !this.#closing &&
      this.#downBecause === undefined &&
      this.#breaker === closedBreaker &&
      others < this.host.slots &&
      this.#served.size === 1 &&
      !this.#ownQueueCalls
    )
  }

  /** Waits, without a slot, for an earlier start that still writes; then the job ends or goes back to its queue. */
  #watch(running: Running): void {
    const { job, token, stop } = running
    const chat = chatJob.parse(job.data)
    this.#watched.set(chat.id, running)
    const watch = async (): Promise<void> => {
      try {
        const end = await watchLive(this.#deps.redis, this.#deps.keys, chat, stop.signal)
        if (end === 'closed') await this.#deps.pullQueues.complete(job, token, false)
        else await job.moveToWait(token)
      } catch (error) {
        this.#deps.logger.warn({ err: error, id: chat.id }, 'stopped watching')
      } finally {
        this.#watched.delete(chat.id)
      }
    }
    void watch()
  }

  /** A host that is down runs nothing: what was bound to it goes to others. */
  async #sendOwnQueueAway(): Promise<void> {
    const token = randomUUID()
    const own = queues.host(this.host.id)
    for (let job = await this.#fetch([own], token); job !== undefined; job = await this.#fetch([own], token))
      await this.#deps.router.sendOn(job, token, chatJob.parse(job.data), this.host.id)
  }

  #chatDeps(model: string, job: ChatJob): Parameters<typeof runChat>[1] {
    const configured = this.#deps.config.models.find(candidate => canonicalModel(candidate.name) === job.model)
    const defaults = Object.fromEntries(
      Object.entries(configured?.options ?? {}).map(([name, value]) => [name, JSON.stringify(value)]),
    )
    return {
      ...this.#deps,
      hostId: this.host.id,
      generate: (request, signal) => this.#ollama.chat(model, request, defaults, signal),
      enqueueGuard: (chat, signal) => this.#deps.router.enqueueGuard(chat, signal),
    }
  }

  #stopAll(reason: StopReason): void {
    for (const { stop } of this.#running.values()) stop.abort(reason)
  }

  #change(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** Until a slot is free, the host's state changed, or the breaker's pause is over. */
  async #untilChanged(): Promise<void> {
    const pauseMs = this.#breaker.closedUntilMs - performance.now()
    if (pauseMs <= 0) return this.#changed.promise
    const timer = setTimeout(() => this.#change(), pauseMs + 1)
    await this.#changed.promise
    clearTimeout(timer)
  }
}

/** Which start this is. Each host that failed the job counts as a start on an earlier queue. */
const readTicket = (job: Job): Ticket | undefined => {
  const parsed = chatJob.safeParse(job.data)
  if (!parsed.success) return undefined
  const chat = parsed.data
  const moves = chat.excludedHosts.length
  return { job: chat, tries: moves + job.attemptsStarted, attempt: moves * 100 + job.attemptsStarted }
}
