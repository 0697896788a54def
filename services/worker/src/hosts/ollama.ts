import type { Config, HostConfig } from '@drover/shared/config/schema'
import type { StreamEvent } from '@drover/shared/events'
import type { ChatRequest, EmbedRequest, ModelRequest } from '@drover/shared/requests'
import { streamAnswer, type ReadLine } from './answer-stream.ts'
import { Connection } from './connection.ts'
import { asToolCall, demandedCall } from './demanded-call.ts'
import { HostFailure } from './host-failure.ts'
import type { Host, HostFacts, ModelDescription } from './host.ts'
import { answerLineBytesMax } from './ndjson.ts'
import { description, inMemory, installed, showBytesMax, version } from './ollama-about.ts'
import { chatBody, embedBody, generateBody, loadBody } from './ollama-body.ts'
import { chatReader } from './ollama-chat.ts'
import type { EndEvent } from './ollama-chunk.ts'
import { embedBytesMax, embedInputsMax, readEmbeddings } from './ollama-embed.ts'
import { generateLineBytesMax, generateReader } from './ollama-generate.ts'
import { refusal } from './ollama-refusal.ts'
import { inSlices } from './slices.ts'

type Defaults = Record<string, string>

/** Largest answer to a load: one line, and for a model that only embeds an empty list. */
const loadBytesMax = 64 * 1024

/** One Ollama server. Owns its connections. */
export class OllamaHost implements Host {
  readonly #connection: Connection
  readonly #timeouts: Config['upstream']

  constructor(host: HostConfig, timeouts: Config['upstream']) {
    this.#connection = new Connection(host, timeouts, refusal)
    this.#timeouts = timeouts
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection[Symbol.asyncDispose]()
  }

  run(model: string, request: ModelRequest, defaults: Defaults, signal: AbortSignal): AsyncIterable<StreamEvent[]> {
    switch (request.kind) {
      case 'chat':
        return this.#chat(model, request, defaults, signal)
      case 'generate': {
        const body = generateBody(model, request, defaults)
        return this.#stream('/api/generate', body, generateReader(), generateLineBytesMax, signal)
      }
      case 'embed':
        return this.#embed(model, request, defaults, signal)
      case 'load':
        return this.#loaded(model, { ...defaults, ...request.options }, request.keepAliveS, signal)
    }
  }

  /** As `Host.load`. A model that only embeds generates nothing, not even nothing: it is loaded by embedding nothing. */
  async load(model: string, options: Defaults, signal: AbortSignal, keepAliveS?: number): Promise<void> {
    try {
      await this.#connection.postWhole('/api/generate', loadBody(model, options, keepAliveS), loadBytesMax, signal)
    } catch (error) {
      if (!(error instanceof HostFailure) || error.kind !== 'unsupported') throw error
      const request = { inputs: [], options, ...(keepAliveS === undefined ? {} : { keepAliveS }) }
      await this.#connection.postWhole('/api/embed', embedBody(model, request, [], {}), loadBytesMax, signal)
    }
  }

  async probe(signal: AbortSignal): Promise<HostFacts> {
    const [named, models, loaded] = await Promise.all([
      this.#connection.get('/api/version', version, signal),
      this.#connection.get('/api/tags', installed, signal),
      this.#connection.get('/api/ps', inMemory, signal),
    ])
    return { version: named, installed: models, loaded }
  }

  /** A host that does not know the endpoint, or the model, says nothing of it. */
  async describe(model: string, signal: AbortSignal): Promise<ModelDescription | undefined> {
    const body = JSON.stringify({ model })
    const { status, text } = await this.#connection.exchange('/api/show', body, showBytesMax, signal)
    if (status === 404 || status === 405) return undefined
    if (status !== 200) throw refusal(status, text)
    return description(text)
  }

  async *#chat(
    model: string,
    request: ChatRequest,
    defaults: Defaults,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent[]> {
    const demanded = demandedCall(request)
    const body = chatBody(model, demanded?.request ?? request, defaults)
    const answer = this.#stream('/api/chat', body, chatReader(request), answerLineBytesMax, signal)
    yield* demanded === undefined ? answer : asToolCall(answer, demanded.callOf)
  }

  #stream(
    path: string,
    body: string,
    readLine: ReadLine,
    lineBytesMax: number,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent[]> {
    const open = (either: AbortSignal) => this.#connection.post(path, body, either)
    return streamAnswer({ open, readLine, lineBytesMax, timeouts: this.#timeouts }, signal)
  }

  async *#embed(
    model: string,
    request: EmbedRequest,
    defaults: Defaults,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent[]> {
    const { inputs } = request
    const spent = { promptTokens: 0, totalNs: 0, loadNs: 0 }
    const answers = inSlices(inputs, embedInputsMax, signal, async some => {
      const body = embedBody(model, request, some, defaults)
      const json = await this.#connection.postWhole('/api/embed', body, embedBytesMax, signal)
      return readEmbeddings(json, some.length)
    })
    for await (const embedded of answers) {
      spent.promptTokens += embedded.promptTokens
      spent.totalNs += embedded.totalNs
      spent.loadNs += embedded.loadNs
      yield [{ type: 'embeddings', vectors: embedded.vectors }]
    }
    yield [endOf('stop', spent)]
  }

  async *#loaded(
    model: string,
    options: Defaults,
    keepAliveS: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent[]> {
    await this.load(model, options, signal, keepAliveS)
    // Ollama tells no timings of a load.
    yield [endOf('load', { promptTokens: 0, totalNs: 0, loadNs: 0 })]
  }
}

const endOf = (
  reason: EndEvent['reason'],
  { promptTokens, totalNs, loadNs }: { promptTokens: number; totalNs: number; loadNs: number },
): EndEvent => ({
  type: 'end',
  reason,
  usage: { promptTokens, completionTokens: 0 },
  timings: { totalNs, loadNs, promptEvalNs: 0, evalNs: 0 },
})
