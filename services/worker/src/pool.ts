import type { InMemory } from '@drover/shared/catalogue'
import type { Config, HostConfig } from '@drover/shared/config/schema'
import type { HostState } from '@drover/shared/fleet'
import type { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import type { Keys } from '@drover/shared/redis/keys'
import type { HostLoad } from '@drover/shared/scheduling/load'
import type { Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { Conversations } from './conversations.ts'
import type { CrewPool } from './crew.ts'
import { nextModel } from './fallbacks.ts'
import { generate, type GenerationDeps } from './generation.ts'
import type { Usage } from './held-slots.ts'
import { freeSlots, hostLoad } from './host-load.ts'
import { HostReport } from './host-report.ts'
import { HostWatch } from './host-watch.ts'
import type { Host } from './hosts/host.ts'
import { openHost } from './hosts/index.ts'
import type { ChatDeps } from './jobs/chat.ts'
import { Pins } from './pins.ts'
import { findUnableHosts } from './unable-hosts.ts'
import { unloadGroup, Unloads } from './unload.ts'
import type { PullQueues } from '@drover/shared/pull/pull-queues'
import type { Router } from './router.ts'
import { Slots } from './slots.ts'
import { Speeds } from './speeds.ts'
import { WarmUp } from './warm-up.ts'

export interface PoolDeps {
  readonly config: Config
  readonly redis: Redis
  readonly keys: Keys
  readonly scripts: LogScripts
  readonly pullQueues: PullQueues
  readonly router: Router
  readonly workerId: string
  readonly logger: Logger
  /** Whether a host that is up serves the group; those in `except` do not count. */
  readonly isLive: (model: string, except?: readonly string[]) => boolean
  /** Whether this process holds the host's lease. */
  holds(hostId: string): boolean
  /** `Slots` of this pool completes a job. */
  complete(pool: HostPool, job: Job, token: string): Promise<Job | undefined>
  /** `load()` is another one, or what it serves is. */
  onChange(pool: HostPool): void
  /** Nothing runs in it any more. */
  onEnd(pool: HostPool): void
}

/** One host: what it is like, what it runs, and whether it takes more. What it takes is the dispatcher's to say. */
export class HostPool implements CrewPool {
  readonly host: HostConfig
  readonly slots: Slots
  readonly #deps: PoolDeps
  readonly #server: Host
  readonly #watch: HostWatch
  readonly #report: HostReport
  readonly #pins: Pins
  readonly #conversations: Conversations
  readonly #warmUp: WarmUp
  readonly #generation: GenerationDeps
  readonly #speeds = new Speeds()
  readonly #unloads = new Unloads()
  #held: Usage = {}
  #drained: boolean
  #leaving = false
  /** Nothing runs any more, and the host is not asked how it is. */
  #ended = false
  #probing: Promise<void> | undefined
  #pause: NodeJS.Timeout | undefined
  #changed = Promise.withResolvers<void>()

  constructor(host: HostConfig, drained: boolean, deps: PoolDeps) {
    this.host = host
    this.#drained = drained
    this.#deps = deps
    this.#server = openHost(host, deps.config.upstream)
    this.#watch = new HostWatch(host, this.#server, deps.config)
    this.#report = new HostReport({
      ...deps,
      hostId: host.id,
      server: this.#server,
      describe: () => this.#describe(),
    })
    this.#conversations = new Conversations(deps.redis, deps.keys, host.id)
    this.#pins = new Pins({
      hostId: host.id,
      models: deps.config.models,
      logger: deps.logger,
      load: (group, ownName, signal) => this.#server.load(ownName, this.#watch.optionsOf(group), signal, -1),
      onLoaded: () => void this.probe(),
    })
    this.#warmUp = new WarmUp({
      hostId: host.id,
      logger: deps.logger,
      load: (model, signal) =>
        this.#server.load(this.#watch.modelOf(model) ?? model, this.#watch.optionsOf(model), signal),
      onLoaded: (model, loadMs) => this.#warmed(model, loadMs),
      onEnd: () => this.#change(),
    })
    this.#generation = {
      server: this.#server,
      watch: this.#watch,
      pins: this.#pins,
      conversations: this.#conversations,
      speeds: this.#speeds,
      freeSlots: model => freeSlots(this.load(), model),
      onLoaded: async () => {
        // One that is under way may have been answered before.
        await this.#probing
        await this.probe()
      },
    }
    this.slots = new Slots({
      ...deps,
      hostId: host.id,
      watch: this.#watch,
      mayStart: () => this.#mayUse(),
      chatDeps: (model, ownName) => this.#chatDeps(model, ownName),
      complete: (job, token) => deps.complete(this, job, token),
      onModelMissing: () => this.probe(),
      onChange: () => this.#change(),
    })
  }

  /** It takes jobs. */
  get open(): boolean {
    return this.#mayUse() && this.#watch.up && !this.#drained && this.#watch.pauseMs() === 0
  }

  /** Public names of all models that jobs may be bound to it for. */
  get models(): readonly string[] {
    return this.#watch.everServed
  }

  /** Whether jobs of `model` that are bound to it have to go elsewhere: it is down or drained, or has it no more. */
  isLost(model: string): boolean {
    if (!this.#watch.probed || !this.#mayUse()) return false
    return this.#drained || !this.#watch.up || this.#watch.modelOf(model) === undefined
  }

  /** @param without lock token of a slot that is not to count. */
  load(without?: string): HostLoad {
    const { names } = this.#watch
    const own = this.slots.usage(without)
    const running = new Set(Object.keys(own).flatMap(model => names.get(model) ?? []))
    return hostLoad({
      id: this.host.id,
      open: this.open,
      slots: this.host.slots,
      names,
      loaded: this.#watch.loaded(running),
      loadedMax: this.#watch.loadedMax,
      used: [own, this.#held],
      speeds: this.#speeds.all,
      slotsOf: group => this.#watch.slotsOf(group),
    })
  }

  /** The model it loads because jobs wait for it. */
  get warming(): string | undefined {
    return this.#warmUp.model
  }

  /** Whether it would load a model that jobs wait for. */
  get mayWarm(): boolean {
    return this.open && this.#warmUp.mayStart
  }

  /** Never rejects. */
  warm(model: string): Promise<void> {
    return this.#warmUp.start(model)
  }

  /** Finishes what runs, and takes nothing new while it is drained. */
  setDrained(drained: boolean): void {
    if (drained === this.#drained) return
    this.#drained = drained
    this.#change()
    void this.#report.tell(true)
  }

  setHeld(held: Usage): void {
    this.#held = held
    this.#change()
  }

  usage(): Usage {
    return this.slots.usage()
  }

  /** Has a model leave the host's memory; one that is pinned stays. Never rejects. */
  unload(group: string): Promise<void> {
    return this.#unloads.ask(group, () => this.#unload(group))
  }

  whenFreed(): Promise<void> {
    return this.#changed.promise
  }

  async stopPulling(): Promise<void> {
    this.#leaving = true
    this.#change()
    while (this.slots.fetching > 0) await this.#changed.promise
  }

  stopRunning(): void {
    this.slots.drain()
  }

  async end(): Promise<void> {
    this.slots.leaveFollowed()
    this.#ended = true
    this.#warmUp[Symbol.dispose]()
    this.#pins[Symbol.dispose]()
    this.#report[Symbol.dispose]()
    clearTimeout(this.#pause)
    this.#deps.onEnd(this)
    await this.#server[Symbol.asyncDispose]()
  }

  /** Asks the host how it is and tells the fleet. Never rejects. */
  probe(): Promise<void> {
    return (this.#probing ??= this.#probe().finally(() => (this.#probing = undefined)))
  }

  async #unload(group: string): Promise<void> {
    if (!this.#mayUse()) return
    const about = { host: this.host.id, logger: this.#deps.logger }
    if (await unloadGroup(group, this.#server, this.#watch, this.#pins, about)) await this.probe()
  }

  async #probe(): Promise<void> {
    if (this.#ended) return
    await this.#remember()
    const news = await this.#watch.probe()
    // Cut short by the end of this pool, it says nothing about the host.
    if (this.#ended) return
    this.#change()
    const { used, open } = this.load()
    const { inMemory, names } = this.#watch
    // One that could not be asked may have kept everything.
    if (this.#watch.up) {
      this.#conversations.keepOnly(new Set([...inMemory, ...this.#watch.loaded(new Set())]))
      this.#report.see(this.#watch.installed, names)
    }
    this.#pins.keep({ idle: open && used === 0, loaded: inMemory, modelOf: group => names.get(group) })
    await this.#report.tell(news)
  }

  /** Undefined when another worker may have it by now. */
  #describe(): { state: HostState; memory: InMemory[] | undefined } | undefined {
    if (this.#leaving || this.#ended) return undefined
    const state = this.#watch.describe(this.load(), this.#drained, this.#deps.workerId)
    return { state, memory: this.#watch.memory }
  }

  /** What the last worker knew of a host counts until this one has seen for itself: its models, and how fast it is. */
  async #remember(): Promise<void> {
    const last = await this.#report.remember()
    if (last === undefined) return
    this.#watch.remember(last)
    this.#speeds.remember(last.groups)
  }

  #mayUse(): boolean {
    return !this.#leaving && this.#deps.holds(this.host.id)
  }

  #chatDeps(model: string, ownName: string): ChatDeps {
    const { config, router, isLive } = this.#deps
    return {
      ...this.#deps,
      hostId: this.host.id,
      generate: (job, signal) => generate(this.#generation, model, ownName, job, signal),
      enqueueGuard: (chat, signal) => router.enqueueGuard(chat, signal),
      fallback: (job, cause) => nextModel(job, cause, config.models, isLive),
      unableHosts: job => findUnableHosts(job, this.host.id, this.#deps),
    }
  }

  async #warmed(model: string, loadMs: number): Promise<void> {
    this.#speeds.loaded(model, loadMs)
    // One that is under way may have been answered before the load was over.
    await this.#probing
    this.#watch.begin(this.#watch.modelOf(model) ?? model)
  }

  #change(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
    clearTimeout(this.#pause)
    const pauseMs = this.#watch.pauseMs()
    if (pauseMs > 0 && !this.#ended) this.#pause = setTimeout(() => this.#change(), pauseMs + 1)
    this.#deps.onChange(this)
  }
}
