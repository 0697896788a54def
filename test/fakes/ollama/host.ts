import type { ServerResponse } from 'node:http'
import { canonicalModel } from '@drover/shared/model-name'
import { Refusal } from './decode.ts'
import { Faults } from './faults.ts'
import { Journal, type RequestRecord } from './journal.ts'
import {
  type Capability,
  displayName,
  isCloudName,
  isEmbeddingModel,
  isName,
  shortName,
  usualCapabilities,
} from './models.ts'
import { sameModel } from './request.ts'
import { Scheduler } from './scheduler.ts'

export interface FakeOllamaOptions {
  /** Default 0: any free one. */
  port?: number | undefined
  host?: string | undefined
  /** Installed models; a name without a tag means `:latest`. */
  models?: string[] | undefined
  /**
   * What models can do, by name: completion, tools, thinking, vision, insert, embedding. One that is named here is refused whatever it lacks,
   * and thinks unless told not to, as in Ollama. One that is not shows the usual list, but takes everything; one whose name has "embed" in it
   * takes everything but chats and prompts.
   */
  capabilities?: Readonly<Record<string, readonly string[]>> | undefined
  /** Models without a TEMPLATE of their own: Ollama leaves the chat to llama-server, whose refusals differ. */
  native?: readonly string[] | undefined
  /** Models that have the weights of another, by name: of the two, one is in memory for both, under the name that was loaded. */
  sharedWeights?: Readonly<Record<string, string>> | undefined
  /** OLLAMA_NO_CLOUD */
  noCloud?: boolean | undefined
  /** OLLAMA_NUM_PARALLEL: requests of each model that run at once. */
  parallel?: number | undefined
  /** OLLAMA_MAX_QUEUE */
  maxQueue?: number | undefined
  /** OLLAMA_MAX_LOADED_MODELS */
  maxLoadedModels?: number | undefined
  /** How long a cold load takes. */
  loadMs?: number | undefined
  /** Between two tokens; 0 is as fast as it goes. */
  tokenMs?: number | undefined
  /** From the slot to the first token. */
  firstTokenMs?: number | undefined
  /** To read one character of a prompt that the slot does not remember. Above 0, slots remember; at 0, nothing is kept. */
  promptCharMs?: number | undefined
  /** Tokens of an answer whose request sets no `num_predict`. */
  tokens?: number | undefined
  version?: string | undefined
  /** When a chat, generate or embed request has come in, and again when it has ended: for whoever must know it even after a kill. */
  onRequest?: ((record: RequestRecord) => void) | undefined
}

type Settings = { readonly [K in keyof FakeOllamaOptions]-?: NonNullable<FakeOllamaOptions[K]> }

/** One request and the way back. The signal aborts when the client leaves. */
export interface Call {
  readonly body: string
  readonly response: ServerResponse
  readonly signal: AbortSignal
}

export type Handler = (call: Call) => void | Promise<void>

/** Everything one stand-in host is, but for its socket. */
export class Host implements Disposable {
  readonly options: Settings
  readonly scheduler: Scheduler
  readonly faults = new Faults()
  readonly journal: Journal
  readonly #capabilities: ReadonlyMap<string, readonly string[]>
  models: string[] = []

  constructor(options: FakeOllamaOptions) {
    this.options = {
      port: options.port ?? 0,
      host: options.host ?? '127.0.0.1',
      models: options.models ?? ['llama3.2:latest'],
      capabilities: options.capabilities ?? {},
      native: options.native ?? [],
      sharedWeights: options.sharedWeights ?? {},
      noCloud: options.noCloud ?? false,
      parallel: options.parallel ?? 1,
      maxQueue: options.maxQueue ?? 512,
      maxLoadedModels: options.maxLoadedModels ?? 1,
      loadMs: options.loadMs ?? 0,
      tokenMs: options.tokenMs ?? 0,
      firstTokenMs: options.firstTokenMs ?? 0,
      promptCharMs: options.promptCharMs ?? 0,
      tokens: options.tokens ?? 32,
      version: options.version ?? '0.33.0',
      onRequest: options.onRequest ?? (() => {}),
    }
    const named = Object.entries(this.options.capabilities)
    this.#capabilities = new Map(named.map(([name, can]) => [canonicalModel(name), can]))
    this.journal = new Journal(this.options.onRequest)
    this.setModels(this.options.models)
    const { parallel, maxQueue, maxLoadedModels, loadMs } = this.options
    const onChange = (): void => this.journal.changed()
    this.scheduler = new Scheduler({ parallel, maxQueue, maxLoadedModels, loadMs, onChange })
  }

  setModels(names: readonly string[]): void {
    this.models = names.map(displayName)
  }

  /** The installed name of a model, however the client wrote it. */
  installed(name: string): string | undefined {
    return this.models.find(model => sameModel(model, shortName(name)))
  }

  /** What is wrong with a name, whatever is installed. @param what is not to be had of a cloud model. */
  wrongName(name: string, what = 'model is'): Refusal | undefined {
    if (!isName(name)) return new Refusal(400, 'invalid model name')
    return this.options.noCloud && isCloudName(name)
      ? new Refusal(403, `ollama cloud is disabled: remote ${what} unavailable`)
      : undefined
  }

  isNative(model: string): boolean {
    return this.options.native.some(name => sameModel(name, model))
  }

  /** What a model is loaded as. */
  weightsOf(model: string): string {
    const shared = Object.entries(this.options.sharedWeights).find(([name]) => sameModel(name, model))
    return canonicalModel(shared?.[1] ?? model)
  }

  /** Whether it is of that version or a newer one, as far as the second number goes. */
  isFrom(minor: number): boolean {
    const [major = 0, second = 0] = this.options.version.split('.').map(Number)
    return major > 0 || second >= minor
  }

  capabilitiesOf(model: string): readonly string[] {
    return this.#capabilities.get(canonicalModel(model)) ?? usualCapabilities(model)
  }

  can(model: string, capability: Capability): boolean {
    const own = this.#capabilities.get(canonicalModel(model))
    return own === undefined ? capability !== 'completion' || !isEmbeddingModel(model) : own.includes(capability)
  }

  /** Whether it thinks when the request does not say. */
  thinksByItself(model: string): boolean {
    return this.#capabilities.get(canonicalModel(model))?.includes('thinking') ?? false
  }

  [Symbol.dispose](): void {
    this.scheduler[Symbol.dispose]()
    this.journal[Symbol.dispose]()
  }
}
