import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { prettifyError } from 'zod'
import { probe, show } from './about.ts'
import { Refusal, readObject } from './decode.ts'
import { embed, embedLegacy } from './embed.ts'
import type { Faults } from './faults.ts'
import { faultScriptSchema } from './faults.ts'
import { chat, generate } from './generate.ts'
import type { Call, FakeOllamaOptions, Handler } from './host.ts'
import { Host } from './host.ts'
import type { RequestRecord } from './journal.ts'
import { sendBody, sendJson } from './send.ts'
import { refuse } from './work.ts'

export type { FakeOllamaOptions } from './host.ts'

const bodyBytesMax = 64 * 1024 * 1024

const alive: Handler = ({ response }) => sendText(response, 200, 'Ollama is running')

/** A stand-in for one Ollama host: a real HTTP server that can be told to misbehave. */
export class FakeOllama implements AsyncDisposable {
  readonly #host: Host
  readonly #server: Server
  readonly #routes: Record<string, Record<string, Handler>>
  #reopening: NodeJS.Timeout | undefined
  #disposed = false
  port = 0

  constructor(options: FakeOllamaOptions) {
    this.#host = new Host(options)
    this.#routes = this.#routeTable()
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
      void this.#handle(request, response)
    })
  }

  async listen(): Promise<void> {
    // A host that comes back keeps its port.
    const port = this.port === 0 ? this.#host.options.port : this.port
    this.#server.listen(port, this.#host.options.host)
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
    this.#host.journal.changed()
  }

  get url(): string {
    return `http://${this.#host.options.host}:${this.port}`
  }

  get faults(): Faults {
    return this.#host.faults
  }

  get listening(): boolean {
    return this.#server.listening
  }

  /** Chat, generate and embed requests, oldest first; the last 10,000. */
  get requests(): readonly RequestRecord[] {
    return this.#host.journal.requests
  }

  /** Requests that only load or unload a model. */
  get controls(): readonly RequestRecord[] {
    return this.#host.journal.controls
  }

  /** Requests that hold a slot now. */
  get running(): number {
    return this.#host.scheduler.running
  }

  get runningMax(): number {
    return this.#host.scheduler.runningMax
  }

  /** The most requests of one model that held a slot at once. */
  runningMaxOf(model: string): number {
    return this.#host.scheduler.runningMaxOf(this.#host.weightsOf(model))
  }

  /** Requests received and not ended: those that hold a slot and those that wait for one. */
  get inFlight(): number {
    return this.#host.journal.inFlight
  }

  get inFlightMax(): number {
    return this.#host.journal.inFlightMax
  }

  /** Models loaded so far, reloads included. */
  get loads(): number {
    return this.#host.scheduler.loads
  }

  setModels(names: readonly string[]): void {
    this.#host.setModels(names)
  }

  /** Down: every connection is cut and new ones are refused. Up again: same port, models still loaded. */
  async setDown(down: boolean): Promise<void> {
    clearTimeout(this.#reopening)
    if (down === !this.listening) return
    if (!down) return await this.listen()
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
    this.#host.journal.changed()
  }

  /** Resolves once the predicate holds; it is asked after every change of this host, never by a timer. */
  waitFor(predicate: () => boolean, timeoutMs: number): Promise<void> {
    return this.#host.journal.waitFor(predicate, timeoutMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    await this.setDown(true)
    this.#host[Symbol.dispose]()
  }

  #routeTable(): Record<string, Record<string, Handler>> {
    const host = this.#host
    const [version, tags] = [probe(host, '/api/version'), probe(host, '/api/tags')]
    return {
      '/': { GET: alive, HEAD: alive },
      '/api/version': { GET: version, HEAD: version },
      '/api/tags': { GET: tags, HEAD: tags },
      '/api/ps': { GET: probe(host, '/api/ps') },
      '/api/show': { POST: show(host) },
      '/api/chat': { POST: chat(host) },
      '/api/generate': { POST: generate(host) },
      '/api/embed': { POST: embed(host) },
      '/api/embeddings': { POST: embedLegacy(host) },
      '/_fake/requests': { GET: ({ response }) => sendJson(response, 200, this.#state()) },
      '/_fake/faults': { POST: call => this.#script(call), DELETE: call => this.#unscript(call) },
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController()
    response.on('close', () => left.abort())
    const path = (request.url ?? '/').split('?', 1)[0]!
    const methods = Object.hasOwn(this.#routes, path) ? this.#routes[path] : undefined
    if (methods === undefined) return sendText(response, 404, '404 page not found')
    const handler = methods[request.method ?? '']
    if (handler === undefined) {
      response.setHeader('Allow', Object.keys(methods).join(', '))
      return sendText(response, 405, '405 method not allowed')
    }
    let body: string | undefined
    try {
      body = await readBody(request)
    } catch {
      // The client left before it had asked for anything.
      return
    }
    if (body === undefined) {
      response.setHeader('Connection', 'close')
      return sendText(response, 413, `body larger than ${bodyBytesMax} bytes`)
    }
    try {
      await handler({ body, response, signal: left.signal })
    } catch (error) {
      // Whoever left needs no answer; anything else is a bug and ends the process.
      if (!left.signal.aborted && !response.destroyed) throw error
    }
  }

  #state(): object {
    const { requests, running, runningMax, inFlight, inFlightMax, loads } = this
    const runningMaxOf = Object.fromEntries(this.#host.models.map(name => [name, this.runningMaxOf(name)]))
    return { requests, running, runningMax, runningMaxOf, inFlight, inFlightMax, loads }
  }

  #script(call: Call): void {
    const body = readObject(call.body)
    if (body instanceof Refusal) return void refuse(call, body)
    const parsed = faultScriptSchema.safeParse(body)
    if (!parsed.success) return void refuse(call, new Refusal(400, prettifyError(parsed.error)))
    const { next, every, downMs } = parsed.data
    this.faults.next(...next)
    if (every !== undefined) this.faults.every(...every)
    if (downMs !== undefined) call.response.on('finish', () => this.#downFor(downMs))
    sendJson(call.response, 200, {})
  }

  #unscript(call: Call): void {
    this.faults.clear()
    sendJson(call.response, 200, {})
  }

  #downFor(ms: number): void {
    void this.setDown(true).then(() => {
      if (!this.#disposed) this.#reopening = setTimeout(() => void this.setDown(false), ms)
    })
  }
}

const sendText = (response: ServerResponse, status: number, text: string): void => {
  sendBody(response, status, 'text/plain; charset=utf-8', text)
}

/** Undefined when it is too long. */
const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

export const startFakeOllama = async (options: FakeOllamaOptions = {}): Promise<FakeOllama> => {
  const fake = new FakeOllama(options)
  await fake.listen()
  return fake
}
