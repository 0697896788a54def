import type { InMemory } from '@drover/shared/catalogue'
import type { Config, HostConfig } from '@drover/shared/config/schema'
import type { HostState } from '@drover/shared/fleet'
import { canonicalModel } from '@drover/shared/model-name'
import type { HostLoad } from '@drover/shared/scheduling/load'
import { afterBusy, afterFailure, closedBreaker, type Breaker } from './breaker.ts'
import { HostFailure } from './hosts/host-failure.ts'
import type { Host, HostFacts, Installed } from './hosts/host.ts'
import { servedModels, slotsOf } from './served-models.ts'

/** What is known of one host: whether it is up, what it serves, and how long it is left alone. */
export class HostWatch {
  readonly #host: HostConfig
  readonly #ollama: Pick<Host, 'probe'>
  readonly #config: Config
  #served: ReadonlyMap<string, string> = new Map()
  #everServed: readonly string[] = []
  #facts: HostFacts | undefined
  #remembered: Pick<HostState, 'models' | 'version'> = { models: [] }
  #downBecause: string | undefined = 'it has not been probed yet'
  #breaker: Breaker = closedBreaker
  #probed = false
  /** Models that were begun since the last probe was sent, the last one at the end. */
  readonly #begun = new Set<string>()
  #loadedMax = 1

  constructor(host: HostConfig, ollama: Pick<Host, 'probe'>, config: Config) {
    this.#host = host
    this.#ollama = ollama
    this.#config = config
  }

  /** It was asked at least once: until then nothing is known of it, not even that it is down. */
  get probed(): boolean {
    return this.#probed
  }

  get up(): boolean {
    return this.#downBecause === undefined
  }

  /** Public names of all models it serves or was known to serve: jobs may be bound to it for each. A new list when it grew. */
  get everServed(): readonly string[] {
    return this.#everServed
  }

  /** Public names of the model groups it serves. */
  get groups(): readonly string[] {
    return [...this.#served.keys()]
  }

  /** The host's own name for each group's model. */
  get names(): ReadonlyMap<string, string> {
    return this.#served
  }

  modelOf(group: string): string | undefined {
    return this.#served.get(group)
  }

  /** What it had at the last probe that it answered. */
  get installed(): readonly Installed[] {
    return this.#facts?.installed ?? []
  }

  /** What it had in memory at the last probe, by public names; undefined while it is down. */
  get memory(): InMemory[] | undefined {
    if (!this.up || this.#facts === undefined) return undefined
    const installed = new Map(this.#facts.installed.map(model => [model.name, model]))
    const loaded = new Map(this.#facts.loaded.map(model => [model.name, model]))
    return [...this.#served].flatMap(([model, name]) => {
      const inMemory = loaded.get(name)
      if (inMemory === undefined) return []
      const { name: _, ...figures } = inMemory
      const { digest = '', detailsJson } = installed.get(name) ?? {}
      return [{ model, digest, ...(detailsJson === undefined ? {} : { detailsJson }), ...figures }]
    })
  }

  /** Models in its memory at the last probe, as it names them. */
  get inMemory(): readonly string[] {
    return this.up ? this.#loadedNames : []
  }

  /** Most models it was seen to have in memory at once. */
  get loadedMax(): number {
    return this.#loadedMax
  }

  /** Requests of a group's model it runs at once. */
  slotsOf(group: string): number {
    return slotsOf(this.#host, this.#config.models, group)
  }

  /**
   * Models in its memory, as it names them, those that are being loaded for `running` included. What it had in memory at
   * the last probe may have made room since: beyond what it was ever seen to hold, only what is in use is believed.
   */
  loaded(running: ReadonlySet<string>): ReadonlySet<string> {
    if (!this.up) return new Set()
    const last = [...this.#begun].at(-1)
    const all = new Set([...this.#loadedNames, ...this.#begun, ...running])
    if (all.size <= this.#loadedMax) return all
    return new Set([...running, ...(last === undefined ? [] : [last])])
  }

  /** A job of the model, as the host names it, is sent to it. Answers whether it has to load it first, as far as is known. */
  begin(model: string): boolean {
    const wasBegun = this.#begun.delete(model)
    this.#begun.add(model)
    return !wasBegun && this.#facts !== undefined && !this.#loadedNames.includes(model)
  }

  /** Options the configuration sets for a group, as raw JSON text. */
  optionsOf(group: string): Record<string, string> {
    const model = this.#config.models.find(candidate => canonicalModel(candidate.name) === group)
    return Object.fromEntries(
      Object.entries(model?.options ?? {}).map(([name, value]) => [name, JSON.stringify(value)]),
    )
  }

  remember(last: Pick<HostState, 'models' | 'version'>): void {
    this.#remembered = last
    this.#addServed(last.models)
  }

  /** Asks the host how it is. Resolves to whether others should know at once. Never rejects. */
  async probe(): Promise<boolean> {
    const wasUp = this.up
    const groupsBefore = this.groups.join(' ')
    this.#begun.clear()
    try {
      this.#facts = await this.#ollama.probe(AbortSignal.timeout(this.#config.probe.timeoutMs))
      this.#served = servedModels(
        this.#host,
        this.#config.models,
        this.#facts.installed.map(({ name }) => name),
      )
      this.#addServed(this.groups)
      this.#loadedMax = Math.max(this.#loadedMax, this.#facts.loaded.length)
      this.#downBecause = undefined
    } catch (error) {
      this.#downBecause = error instanceof HostFailure ? error.detail : 'it did not answer'
    }
    this.#probed = true
    return this.up !== wasUp || this.groups.join(' ') !== groupsBefore
  }

  get #loadedNames(): readonly string[] {
    return this.#facts?.loaded.map(({ name }) => name) ?? []
  }

  #addServed(models: readonly string[]): void {
    // A set, because a host may have thousands, and is asked every few seconds.
    const known = new Set(this.#everServed)
    const news = models.filter(model => !known.has(model))
    if (news.length > 0) this.#everServed = [...this.#everServed, ...news]
  }

  failed(): void {
    this.#breaker = afterFailure(this.#breaker, performance.now())
  }

  busy(): void {
    this.#breaker = afterBusy(this.#breaker, performance.now())
  }

  answered(): void {
    this.#breaker = closedBreaker
  }

  /** How much longer nothing is pulled for it; 0 when it may be used. */
  pauseMs(): number {
    return Math.max(0, this.#breaker.closedUntilMs - performance.now())
  }

  describe(load: HostLoad, drained: boolean, workerId: string): HostState {
    const reason = this.#downBecause
    const version = this.#facts?.version ?? this.#remembered.version
    return {
      id: this.#host.id,
      url: new URL(this.#host.url).origin,
      up: this.up,
      ...(reason === undefined ? {} : { reason }),
      ...(version === undefined ? {} : { version }),
      slots: this.#host.slots,
      running: load.used,
      drained,
      groups: load.groups,
      models: this.#facts === undefined ? this.#remembered.models : [...this.groups],
      loaded: [...this.inMemory],
      worker: workerId,
    }
  }
}
