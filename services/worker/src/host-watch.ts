import type { Config, HostConfig } from '@drover/shared/config/schema'
import type { HostState } from '@drover/shared/fleet'
import { canonicalModel } from '@drover/shared/model-name'
import { afterBusy, afterFailure, closedBreaker, type Breaker } from './breaker.ts'
import { HostFailure } from './hosts/host-failure.ts'
import type { HostFacts, OllamaHost } from './hosts/ollama.ts'
import { servedModels } from './served-models.ts'

/** What is known of one host: whether it is up, what it serves, and how long it is left alone. */
export class HostWatch {
  readonly #host: HostConfig
  readonly #ollama: OllamaHost
  readonly #config: Config
  #served: ReadonlyMap<string, string> = new Map()
  #facts: HostFacts | undefined
  #remembered: Pick<HostState, 'models' | 'version'> = { models: [] }
  #downBecause: string | undefined = 'it has not been probed yet'
  #breaker: Breaker = closedBreaker

  constructor(host: HostConfig, ollama: OllamaHost, config: Config) {
    this.#host = host
    this.#ollama = ollama
    this.#config = config
  }

  get up(): boolean {
    return this.#downBecause === undefined
  }

  /** Public names of the model groups it serves. */
  get groups(): readonly string[] {
    return [...this.#served.keys()]
  }

  /** The host's own name for a group's model. */
  modelOf(group: string): string | undefined {
    return this.#served.get(group)
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
  }

  /** Asks the host how it is. Resolves to whether others should know at once. Never rejects. */
  async probe(): Promise<boolean> {
    const wasUp = this.up
    const groupsBefore = this.groups.join(' ')
    try {
      this.#facts = await this.#ollama.probe(AbortSignal.timeout(this.#config.probe.timeoutMs))
      this.#served = servedModels(this.#host, this.#config.models, this.#facts.installed)
      this.#downBecause = undefined
    } catch (error) {
      this.#downBecause = error instanceof HostFailure ? error.detail : 'it did not answer'
    }
    return this.up !== wasUp || this.groups.join(' ') !== groupsBefore
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

  describe(running: number, workerId: string): HostState {
    const reason = this.#downBecause
    const version = this.#facts?.version ?? this.#remembered.version
    return {
      id: this.#host.id,
      url: new URL(this.#host.url).origin,
      up: this.up,
      ...(reason === undefined ? {} : { reason }),
      ...(version === undefined ? {} : { version }),
      slots: this.#host.slots,
      running,
      models: this.#facts === undefined ? this.#remembered.models : [...this.groups],
      loaded: this.up ? [...(this.#facts?.loaded ?? [])] : [],
      worker: workerId,
    }
  }
}
