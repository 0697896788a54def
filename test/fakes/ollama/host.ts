import type { ServerResponse } from 'node:http'
import { Faults } from './faults.ts'
import { Journal, type RequestRecord } from './journal.ts'
import { displayName } from './models.ts'
import { sameModel } from './request.ts'
import { Scheduler } from './scheduler.ts'

export interface FakeOllamaOptions {
  /** Default 0: any free one. */
  port?: number | undefined
  host?: string | undefined
  /** Installed models; a name without a tag means `:latest`. */
  models?: string[] | undefined
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
  /** When a chat or generate request has come in, and again when it has ended: for whoever must know it even after a kill. */
  onRequest?: ((record: RequestRecord) => void) | undefined
}

type Settings = { readonly [K in keyof FakeOllamaOptions]-?: NonNullable<FakeOllamaOptions[K]> }

/** One request and the way back. The signal aborts when the client leaves. */
export interface Call {
  readonly body: string
  readonly response: ServerResponse
  readonly signal: AbortSignal
}

/** Everything one stand-in host is, but for its socket. */
export class Host implements Disposable {
  readonly options: Settings
  readonly scheduler: Scheduler
  readonly faults = new Faults()
  readonly journal: Journal
  models: string[] = []

  constructor(options: FakeOllamaOptions) {
    this.options = {
      port: options.port ?? 0,
      host: options.host ?? '127.0.0.1',
      models: options.models ?? ['llama3.2:latest'],
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
    return this.models.find(model => sameModel(model, name))
  }

  [Symbol.dispose](): void {
    this.scheduler[Symbol.dispose]()
    this.journal[Symbol.dispose]()
  }
}
