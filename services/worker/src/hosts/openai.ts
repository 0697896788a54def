import type { Config, HostConfig } from '@drover/shared/config/schema'
import type { FinishReason, StreamEvent } from '@drover/shared/events'
import type { EmbedRequest, ModelRequest } from '@drover/shared/requests'
import { z } from 'zod'
import { streamAnswer } from './answer-stream.ts'
import { Connection } from './connection.ts'
import type { Host, HostFacts, ModelDescription } from './host.ts'
import { HostFailure } from './host-failure.ts'
import { answerLineBytesMax } from './ndjson.ts'
import { AnswerReader, elapsed } from './openai-answer.ts'
import { chatBody, chatOf, completionBody, embedBody } from './openai-body.ts'
import { readVectors } from './openai-embeddings.ts'
import { refusal } from './openai-failure.ts'
import { Silence } from './silence.ts'
import { inSlices } from './slices.ts'

/** Inputs of one request for embeddings, and its largest answer: vectors of 8,192 numbers, written as such. */
const embedInputsMax = 64
const embedBytesMax = 16 * 1024 * 1024

const modelList = z.object({
  data: z
    .array(z.object({ id: z.string().max(256), max_model_len: z.number().nonnegative().catch(0).default(0) }))
    .max(10_000),
})
type ModelList = z.output<typeof modelList>['data']

const version = z.object({ version: z.string().max(64) })

/** One server with OpenAI's API. What it lists is in its memory: it loads and unloads nothing on request. Owns its connections. */
export class OpenAiHost implements Host {
  readonly #connection: Connection
  readonly #timeouts: Config['upstream']
  /** As it says; asked once each time it comes up. */
  #version: string | undefined

  constructor(host: HostConfig, timeouts: Config['upstream']) {
    this.#connection = new Connection(host, timeouts, refusal)
    this.#timeouts = timeouts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
  }

  async *run(
    model: string,
    request: ModelRequest,
    defaults: Record<string, string>,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent[]> {
    switch (request.kind) {
      case 'chat': {
        const reader = new AnswerReader(request.parallelToolCalls === false ? 1 : undefined)
        return yield* this.#stream('/v1/chat/completions', chatBody(model, request, defaults), reader, signal)
      }
      case 'generate': {
        const chat = chatOf(request)
        if (chat !== undefined) return yield* this.run(model, chat, defaults, signal)
        const body = completionBody(model, request, defaults)
        return yield* this.#stream('/v1/completions', body, new AnswerReader(), signal)
      }
      case 'embed':
        return yield* this.#embed(model, request, signal)
      case 'load': {
        const startedMs = performance.now()
        await this.load(model, {}, signal)
        yield [endOf('load', 0, startedMs)]
      }
    }
  }

  /** It is there, or it is not. */
  async load(model: string, _options: Record<string, string>, signal: AbortSignal): Promise<void> {
    using silence = new Silence(this.#timeouts)
    try {
      const models = await this.#models(AbortSignal.any([signal, silence.signal]))
      if (!models.some(({ id }) => id === model)) throw new HostFailure('model_missing', 'it does not list the model')
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    }
  }

  async probe(signal: AbortSignal): Promise<HostFacts> {
    try {
      const [models, known] = await Promise.all([this.#models(signal), this.#version ?? this.#askVersion(signal)])
      this.#version = known
      return {
        version: known,
        installed: models.map(({ id }) => ({ name: id, digest: '', bytes: 0, modifiedAt: '' })),
        loaded: models.map(({ id, max_model_len: contextTokens }) => {
          return { name: id, bytes: 0, vramBytes: 0, expiresAt: '', contextTokens }
        }),
      }
    } catch (error) {
      this.#version = undefined
      throw error
    }
  }

  async describe(): Promise<ModelDescription | undefined> {
    return undefined
  }

  #stream(path: string, json: string, reader: AnswerReader, signal: AbortSignal): AsyncGenerator<StreamEvent[]> {
    return streamAnswer(
      {
        open: either => this.#connection.post(path, json, either),
        readLine: (line, alive) => reader.line(line, alive),
        readEnd: () => reader.end(),
        lineBytesMax: answerLineBytesMax,
        timeouts: this.#timeouts,
      },
      signal,
    )
  }

  async *#embed(
    model: string,
    { inputs, dimensions }: EmbedRequest,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent[]> {
    const startedMs = performance.now()
    let promptTokens = 0
    const answers = inSlices(inputs, embedInputsMax, signal, async slice => {
      const body = embedBody(model, slice, dimensions)
      const json = await this.#connection.postWhole('/v1/embeddings', body, embedBytesMax, signal)
      return readVectors(json, slice.length, dimensions)
    })
    for await (const { vectors, promptTokens: read } of answers) {
      promptTokens += read
      yield [{ type: 'embeddings', vectors }]
    }
    yield [endOf('stop', promptTokens, startedMs)]
  }

  async #models(signal: AbortSignal): Promise<ModelList> {
    return (await this.#connection.get('/v1/models', modelList, signal)).data
  }

  /** vLLM tells it; nothing depends on it. */
  async #askVersion(signal: AbortSignal): Promise<string> {
    try {
      return (await this.#connection.get('/version', version, signal)).version
    } catch {
      return 'openai'
    }
  }
}

const endOf = (reason: FinishReason, promptTokens: number, startedMs: number): StreamEvent => ({
  type: 'end',
  reason,
  usage: { promptTokens, completionTokens: 0 },
  timings: elapsed(startedMs, performance.now()),
})
