import type { Config, HostConfig } from '@drover/shared/config/schema'
import type { StreamEvent } from '@drover/shared/events'
import type { ChatRequest } from '@drover/shared/queues'
import { Pool, type Dispatcher } from 'undici'
import { z } from 'zod'
import { HostFailure } from './host-failure.ts'
import { LineSplitter } from './ndjson.ts'
import { chatBody, lineEvents, loadBody, refusal } from './ollama-chat.ts'

/** Largest answer taken from a probe or as an error. */
const bodyBytesMax = 4 * 1024 * 1024

/** What a probe learned. */
export interface HostFacts {
  readonly version: string
  /** Names as the host has them. */
  readonly installed: readonly string[]
  readonly loaded: readonly string[]
}

const named = z.object({ models: z.array(z.object({ name: z.string().max(256) })).max(10_000) })

/** One Ollama server. Owns its connections. */
export class OllamaHost implements AsyncDisposable {
  readonly #pool: Pool
  readonly #timeouts: Config['upstream']

  constructor(host: HostConfig, timeouts: Config['upstream']) {
    const { origin } = new URL(host.url)
    // One connection per slot, and some for probes. Time limits are ours: a cold load may be silent for minutes.
    this.#pool = new Pool(origin, {
      connections: host.slots + 4,
      connect: { timeout: timeouts.connectTimeoutMs },
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    this.#timeouts = timeouts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy()
  }

  /**
   * Streams one chat as batches of events, a batch per piece of network data, ending with `end`. Throws HostFailure;
   * leaving the loop, or aborting `signal`, closes the connection, which is how Ollama is told to stop.
   */
  async *chat(
    model: string,
    request: ChatRequest,
    defaults: Record<string, string>,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent[]> {
    const silence = new AbortController()
    let timer = setTimeout(() => silence.abort(), this.#timeouts.firstTokenTimeoutMs)
    const either = AbortSignal.any([signal, silence.signal])
    let body: Dispatcher.ResponseData['body'] | undefined
    try {
      body = await this.#post('/api/chat', chatBody(model, request, defaults), either)
      // The loop below sees every error; destroying what nobody reads any more would raise one more.
      body.on('error', () => {})
      const splitter = new LineSplitter()
      const calledTools = { value: false }
      let begun = false
      for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        const { events, failure } = readLines(splitter.push(chunk), calledTools)
        // Before the first token a failure costs nothing, because another host starts afresh; after it, all that came counts.
        if (failure !== undefined && !begun) throw failure
        if (events.length === 0 && failure === undefined) continue
        if (begun) timer.refresh()
        else {
          // After the first token a silence is a stall; before it, a load or a long prompt.
          clearTimeout(timer)
          timer = setTimeout(() => silence.abort(), this.#timeouts.idleTimeoutMs)
          begun = true
        }
        if (events.length > 0) yield events
        if (failure !== undefined) throw failure
        if (events.at(-1)?.type !== 'end') continue
        // Reads the end of the body instead of cutting it: the connection stays, and no error is made of it.
        await body.dump()
        return
      }
      throw new HostFailure('failed', 'it ended the stream without saying that it was done')
    } catch (error) {
      if (error instanceof HostFailure) throw error
      if (signal.aborted) throw signal.reason
      if (silence.signal.aborted) throw new HostFailure('failed', 'it fell silent')
      if (error instanceof RangeError) throw new HostFailure('failed', error.message)
      throw new HostFailure('unreachable', 'the connection failed', error)
    } finally {
      clearTimeout(timer)
      body?.destroy()
    }
  }

  /**
   * Loads a model. Throws HostFailure, or the signal's reason.
   * @param keepAlive -1: until it has to make room; absent: as long as after a request.
   */
  async load(model: string, options: Record<string, string>, signal: AbortSignal, keepAlive?: -1): Promise<void> {
    const either = AbortSignal.any([signal, AbortSignal.timeout(this.#timeouts.firstTokenTimeoutMs)])
    try {
      const body = await this.#post('/api/generate', loadBody(model, options, keepAlive), either)
      await readText(body)
    } catch (error) {
      if (error instanceof HostFailure) throw error
      if (signal.aborted) throw signal.reason
      throw new HostFailure('unreachable', 'the connection failed', error)
    }
  }

  /** Asks for version, models and loaded models. Throws HostFailure. */
  async probe(signal: AbortSignal): Promise<HostFacts> {
    const [version, tags, ps] = await Promise.all([
      this.#get('/api/version', z.object({ version: z.string().max(64) }), signal),
      this.#get('/api/tags', named, signal),
      this.#get('/api/ps', named, signal),
    ])
    return {
      version: version.version,
      installed: tags.models.map(model => model.name),
      loaded: ps.models.map(model => model.name),
    }
  }

  async #get<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    try {
      const { statusCode, body } = await this.#pool.request({ method: 'GET', path, signal })
      const text = await readText(body)
      if (statusCode !== 200) throw new HostFailure('failed', `${path} answered ${statusCode}`)
      const parsed = schema.safeParse(JSON.parse(text))
      if (!parsed.success) throw new HostFailure('failed', `${path} answered something else than Ollama does`)
      return parsed.data
    } catch (error) {
      if (error instanceof HostFailure) throw error
      if (error instanceof SyntaxError) throw new HostFailure('failed', `${path} did not answer JSON`)
      throw new HostFailure('unreachable', `${path} did not answer`, error)
    }
  }

  async #post(path: string, json: string, signal: AbortSignal): Promise<Dispatcher.ResponseData['body']> {
    const { statusCode, body } = await this.#pool.request({
      method: 'POST',
      path,
      body: json,
      headers: { 'content-type': 'application/json' },
      signal,
    })
    if (statusCode === 200) return body
    throw refusal(statusCode, await readText(body))
  }
}

/** The events of lines up to the first that is a failure. */
const readLines = (
  lines: readonly string[],
  calledTools: { value: boolean },
): { events: StreamEvent[]; failure: HostFailure | undefined } => {
  const events: StreamEvent[] = []
  try {
    for (const line of lines) events.push(...lineEvents(line, calledTools))
    return { events, failure: undefined }
  } catch (error) {
    if (error instanceof HostFailure) return { events, failure: error }
    throw error
  }
}

const readText = async (body: Dispatcher.ResponseData['body']): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw new HostFailure('failed', 'its answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
