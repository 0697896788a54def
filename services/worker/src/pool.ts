import type { Config, HostConfig } from '@drover/shared/config/schema'
import { publishHost, readHost } from '@drover/shared/fleet'
import type { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { queues } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import type { Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { HostWatch } from './host-watch.ts'
import { OllamaHost } from './hosts/ollama.ts'
import type { ChatDeps } from './jobs/chat.ts'
import { readTicket } from './jobs/ticket.ts'
import { MarkerWait } from '@drover/shared/pull/marker-wait'
import type { PullQueues } from '@drover/shared/pull/pull-queues'
import type { Router } from './router.ts'
import { Slots } from './slots.ts'

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

/** Before the next try when Redis refuses (READONLY, MISCONF): it does so at once. */
const refusedMs = 500

/** All the work of one host: what it is like, and the loop that pulls jobs into its slots. */
export class HostPool implements AsyncDisposable {
  readonly host: HostConfig
  readonly #deps: PoolDeps
  readonly #ollama: OllamaHost
  readonly #watch: HostWatch
  readonly #wait: MarkerWait
  readonly #slots: Slots
  #closing = false
  /** Nothing runs any more, and the host is not asked how it is. */
  #ended = false
  #closed: Promise<void> | undefined
  #loop: Promise<void> = Promise.resolve()
  #changed = Promise.withResolvers<void>()
  /** Another worker put a job on this host's own queue, or may have. */
  #ownQueueCalls = true
  #remembered = false
  /** Rounds in which Redis answered and the pool, though it wanted to, got no answer from any queue. */
  #stuckRounds = 0
  #pulls = 0
  #pullsSeen = 0
  /** When each queue last gave a job, in pulls. */
  readonly #turns = new Map<string, number>()

  constructor(host: HostConfig, deps: PoolDeps) {
    this.host = host
    this.#deps = deps
    this.#ollama = new OllamaHost(host, deps.config.upstream)
    this.#watch = new HostWatch(host, this.#ollama, deps.config)
    this.#wait = new MarkerWait(deps.redisUrl)
    this.#slots = new Slots({
      ...deps,
      hostId: host.id,
      watch: this.#watch,
      chatDeps: (model, ownName) => this.#chatDeps(model, ownName),
      mayFetchNext: () => this.#mayFetchNext(),
      onModelMissing: () => this.probe(),
      onFree: () => this.#change(),
    })
  }

  /** Stops pulling, lets what runs finish for `server.drainMs`, then stops that, too. */
  async [Symbol.asyncDispose](): Promise<void> {
    const drain = setTimeout(() => this.#slots.drain(), this.#deps.config.server.drainMs)
    await this.retire()
    clearTimeout(drain)
  }

  /** Stops pulling, and resolves when what runs has finished by itself. */
  retire(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#closing = true
    this.#wait.interrupt()
    this.#change()
    await this.#loop
    while (this.#slots.used > 0) await this.#changed.promise
    this.#slots.leaveFollowed()
    this.#ended = true
    await this.#ollama[Symbol.asyncDispose]()
  }

  /** Slots in use. */
  get running(): number {
    return this.#slots.used
  }

  /** Pulls until disposed. */
  run(): Promise<void> {
    return (this.#loop = this.#pull())
  }

  /** Asks the host how it is and tells the fleet. Never rejects. */
  async probe(): Promise<void> {
    if (this.#ended) return
    await this.#remember()
    // The call for the own queue may have been lost with the worker it was meant for.
    this.#ownQueueCalls = true
    const news = await this.#watch.probe()
    // Cut short by the end of this pool, it says nothing about the host, which another worker may have by now.
    if (this.#ended) return
    const state = this.#watch.describe(this.running, this.#deps.workerId)
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

  cancel(responseId: string): void {
    this.#slots.cancel(responseId)
  }

  callOwnQueue(): void {
    this.#ownQueueCalls = true
    this.#change()
  }

  renewLocks(): Promise<void> {
    return this.#slots.renewLocks()
  }

  /** Asked once a round in which Redis answered: for how many rounds on end the pool wanted a job and could not ask. */
  countStuckRounds(): number {
    const asked = this.#pulls !== this.#pullsSeen || this.#wait.waiting || !this.#mayPull()
    this.#pullsSeen = this.#pulls
    this.#stuckRounds = asked ? 0 : this.#stuckRounds + 1
    return this.#stuckRounds
  }

  #mayPull(): boolean {
    return !this.#closing && this.#watch.up && this.#watch.pauseMs() === 0 && this.running < this.host.slots
  }

  async #pull(): Promise<void> {
    let again: string | undefined
    while (!this.#closing) {
      if (!this.#mayPull()) {
        await this.#untilChanged()
        continue
      }
      const called = again === undefined ? await this.#call() : [again]
      if (called === undefined) continue
      const token = randomUUID()
      const fetched = await this.#fetch(called, token)
      again = undefined
      if (fetched === 'refused') await delay(refusedMs)
      else if (fetched !== undefined) {
        void this.#slots.run(fetched, token)
        // With several jobs under way there are likely more: asking at once saves the wait for a marker per job.
        if (this.running > 1) again = this.#onlyQueue()
      }
    }
  }

  /**
   * Waits for a queue to have a job, and answers which to ask. BullMQ sets a queue's marker anew with every job taken
   * from it, so only that queue is asked; without a marker (the wait is over, or another pool was quicker) all are.
   */
  async #call(): Promise<string[] | undefined> {
    const names = this.#queueNames()
    const markers = this.#deps.pullQueues.markers(names)
    const marker = await this.#wait.forJob(markers)
    // A slot that failed meanwhile closed the host: what called it calls the others, and this pool once it may again.
    if (!this.#mayPull()) {
      if (marker !== undefined) await this.#deps.pullQueues.call(marker)
      return undefined
    }
    const all = marker === undefined || this.#ownQueueCalls
    return all ? names : names.filter((_, index) => markers[index] === marker)
  }

  /** The host's own queue, then its groups, the one served last at the end: a backlog of one starves no other. */
  #queueNames(): string[] {
    const groups = this.#watch.groups.map(queues.group)
    const turn = (name: string): number => this.#turns.get(name) ?? 0
    return [queues.host(this.host.id), ...groups.sort((a, b) => turn(a) - turn(b))]
  }

  /** The first job of the first queue that has one. */
  async #fetch(names: readonly string[], token: string): Promise<Job | 'refused' | undefined> {
    try {
      if (names.includes(queues.host(this.host.id))) this.#ownQueueCalls = false
      for (const name of names) {
        const job = await this.#deps.pullQueues.fetch(name, token)
        this.#pulls += 1
        if (job === undefined) continue
        this.#turns.set(name, this.#pulls)
        return job
      }
      return undefined
    } catch (error) {
      this.#pulls += 1
      this.#deps.logger.warn({ err: error, host: this.host.id }, 'could not pull')
      return 'refused'
    }
  }

  /** The queue that all jobs come from, if there is only one that can have any. */
  #onlyQueue(): string | undefined {
    const [group, ...others] = this.#watch.groups
    return group === undefined || others.length > 0 || this.#ownQueueCalls ? undefined : queues.group(group)
  }

  /** Whether the queue of the job just done may give the next one. */
  #mayFetchNext(): boolean {
    const free = this.running <= this.host.slots
    const mayPull = !this.#closing && this.#watch.up && this.#watch.pauseMs() === 0
    return mayPull && free && this.#onlyQueue() !== undefined
  }

  /** A host that is down runs nothing: what was bound to it goes to others. */
  async #sendOwnQueueAway(): Promise<void> {
    const token = randomUUID()
    for (;;) {
      const job = await this.#fetch([queues.host(this.host.id)], token)
      if (job === undefined || job === 'refused') return
      const ticket = readTicket(job)
      if (ticket === undefined) await job.moveToFailed(new Error('not a chat job'), token, false)
      // It was not tried here.
      else await this.#deps.router.sendOn(job, token, { ...ticket, tries: ticket.tries - 1 }, this.host.id)
    }
  }

  #chatDeps(model: string, ownName: string): ChatDeps {
    const options = this.#watch.optionsOf(model)
    return {
      ...this.#deps,
      hostId: this.host.id,
      generate: (request, signal) => this.#ollama.chat(ownName, request, options, signal),
      enqueueGuard: (chat, signal) => this.#deps.router.enqueueGuard(chat, signal),
    }
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
