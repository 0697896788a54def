import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Faults } from '../ollama/faults.ts'
import { Journal, type Outcome, type RequestRecord } from '../ollama/journal.ts'
import { embedding, wordCount } from '../ollama/tokens.ts'
import { chatAnswer, completionAnswer, type Answer, type Asked } from './answer.ts'
import { sendEvents } from './stream.ts'

export interface FakeOpenAiOptions {
  /** Default: `llama3.2`. */
  readonly models?: readonly string[]
  /** Without it in `authorization`, everything but `/version` is refused. */
  readonly apiKey?: string
  /** What `/version` says; absent: there is no such path, as on llama.cpp. */
  readonly version?: string
  readonly firstTokenMs?: number
  readonly tokenMs?: number
  /** Of an answer whose request sets no `max_tokens`. Default: 20. */
  readonly tokens?: number
  /** Longest prompt, in words. Default: 4,096. */
  readonly contextTokens?: number
  /** Leaves the connection open after the last event of a stream. */
  readonly lingers?: boolean
  /** How vectors are sent, where base64 is asked for. Default: `base64`. */
  readonly vectors?: 'base64' | 'float'
}

interface Call {
  readonly body: string
  readonly response: ServerResponse
  readonly signal: AbortSignal
}

/** A stand-in for a server with OpenAI's API, with the words of vLLM: a real HTTP server that can be told to misbehave. */
export class FakeOpenAi implements AsyncDisposable {
  readonly faults = new Faults()
  /** Every `authorization` that came, of probes too. */
  readonly authorizations = new Set<string | undefined>()
  apiKey: string | undefined
  readonly #options: FakeOpenAiOptions
  readonly #journal = new Journal(() => {})
  readonly #server: Server
  port = 0

  constructor(options: FakeOpenAiOptions) {
    this.#options = options
    this.apiKey = options.apiKey
    this.#server = createServer((request, response) => void this.#handle(request, response))
  }

  async listen(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** All but those for `/v1/models`, oldest first. */
  get requests(): readonly RequestRecord[] {
    return this.#journal.requests
  }

  /** The bodies of `requests`. */
  get bodies(): readonly Record<string, unknown>[] {
    return this.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  }

  /** Resolves once the predicate holds; it is asked after every change. */
  waitFor(predicate: () => boolean, timeoutMs: number): Promise<void> {
    return this.#journal.waitFor(predicate, timeoutMs)
  }

  /** Down: every connection is cut and new ones are refused. Up again: on the same port. */
  async setDown(down: boolean): Promise<void> {
    if (down === !this.#server.listening) return
    if (!down) return this.listen()
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.setDown(true)
    this.#journal[Symbol.dispose]()
  }

  get #models(): readonly string[] {
    return this.#options.models ?? ['llama3.2']
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController()
    response.on('close', () => left.abort())
    const { authorization } = request.headers
    this.authorizations.add(authorization)
    try {
      const call = { body: await text(request), response, signal: left.signal }
      const hasKey = this.apiKey === undefined || authorization === `Bearer ${this.apiKey}`
      if (hasKey || request.url === '/version') await this.#answer(`${request.method} ${request.url}`, call)
      else sendError(response, 401, 'Unauthorized', 'AuthenticationError')
    } catch (error) {
      // Whoever left needs no answer; anything else is a bug and ends the process.
      if (!left.signal.aborted && !response.destroyed) throw error
    }
  }

  async #answer(route: string, call: Call): Promise<void> {
    const { version, tokens = 20 } = this.#options
    switch (route) {
      case 'GET /v1/models':
        return sendJson(call.response, 200, {
          object: 'list',
          data: this.#models.map(model => ({ id: model, object: 'model' })),
        })
      case 'GET /version':
        return version === undefined ? notFound(call.response) : sendJson(call.response, 200, { version })
      case 'POST /v1/chat/completions':
        return this.#recorded(route, call, asked =>
          this.#generate(call, asked, chatAnswer(asked, tokens), 'chat.completion.chunk'),
        )
      case 'POST /v1/completions':
        return this.#recorded(route, call, asked =>
          this.#generate(call, asked, completionAnswer(asked, tokens), 'text_completion'),
        )
      case 'POST /v1/embeddings':
        return this.#recorded(route, call, async asked => this.#embed(call, asked))
      default:
        notFound(call.response)
    }
  }

  async #recorded(route: string, call: Call, serve: (asked: Asked) => Promise<Outcome>): Promise<void> {
    const asked = JSON.parse(call.body) as Asked
    const { model = '' } = asked
    const record = this.#journal.open(route.slice('POST '.length), model, call.body)
    let outcome: Outcome = 'aborted'
    try {
      if (this.#models.includes(model)) outcome = await serve(asked)
      else {
        sendError(call.response, 404, `The model \`${model}\` does not exist.`, 'NotFoundError')
        outcome = 'refused'
      }
    } finally {
      this.#journal.close(record, call.signal.aborted && outcome !== 'done' ? 'aborted' : outcome)
    }
  }

  async #generate({ response, signal, body }: Call, asked: Asked, answer: Answer, object: string): Promise<Outcome> {
    const { contextTokens = 4_096, firstTokenMs = 0, tokenMs = 0 } = this.#options
    const fault = this.faults.takeForRequest()
    if (fault?.kind === 'status') return refuse(response, fault.status, fault.body)
    if (fault?.kind === 'busy')
      return refuse(response, 429, '{"error":{"message":"overloaded","type":"rate_limit_error"}}')
    if (answer.promptTokens > contextTokens) {
      const told = `This model's maximum context length is ${contextTokens} tokens.`
      sendError(response, 400, told, 'BadRequestError')
      return 'refused'
    }
    const record = this.requests.findLast(each => each.body === body)
    const delayMs = fault?.kind === 'delay' ? fault.ms : 0
    return sendEvents({
      response,
      signal,
      answer,
      head: { id: 'x-1', object, created: 1, model: asked.model },
      includeUsage: asked.stream_options?.include_usage ?? false,
      lingers: this.#options.lingers ?? false,
      pace: { firstTokenMs: firstTokenMs + delayMs, tokenMs },
      fault,
      progress: pieces => {
        if (record !== undefined) record.tokens = pieces
        this.#journal.changed()
      },
    })
  }

  #embed({ response, body }: Call, asked: Asked): Outcome {
    const fault = this.faults.takeForRequest()
    if (fault?.kind === 'status') return refuse(response, fault.status, fault.body)
    const { input, dimensions = 64 } = JSON.parse(body) as { input: string[]; dimensions?: number }
    const vectors = input.map(each => embedding(each, dimensions))
    const asBase64 = (vector: number[]): string => Buffer.from(Float32Array.from(vector).buffer).toString('base64')
    const data = vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: this.#options.vectors === 'float' ? vector : asBase64(vector),
    }))
    const tokens = input.reduce((sum, each) => sum + wordCount(each), 0)
    sendJson(response, 200, {
      object: 'list',
      data,
      model: asked.model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    })
    return 'done'
  }
}

const refuse = (response: ServerResponse, status: number, body: string): Outcome => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  return 'fault'
}

const sendJson = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const sendError = (response: ServerResponse, status: number, message: string, type: string): void =>
  sendJson(response, status, { error: { message, type, param: null, code: status } })

const notFound = (response: ServerResponse): void => sendJson(response, 404, { detail: 'Not Found' })

export const startFakeOpenAi = async (options: FakeOpenAiOptions = {}): Promise<FakeOpenAi> => {
  const fake = new FakeOpenAi(options)
  await fake.listen()
  return fake
}
