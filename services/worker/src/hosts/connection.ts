import type { Config, HostConfig } from '@drover/shared/config/schema'
import { Pool, type Dispatcher } from 'undici'
import type { z } from 'zod'
import { HostFailure } from './host-failure.ts'
import { Silence } from './silence.ts'

export type Body = Dispatcher.ResponseData['body']

/** Largest answer taken to a probe or as an error. */
const bodyBytesMax = 4 * 1024 * 1024

/** What an answer other than 200 means; the body may be anything: a proxy's HTML page, too. */
export type Refusal = (status: number, body: string) => HostFailure

/** JSON over HTTP to one host of whatever type. Owns its sockets. */
export class Connection implements AsyncDisposable {
  readonly #pool: Pool
  readonly #authorization: Record<string, string>
  readonly #timeouts: Config['upstream']
  readonly #refusal: Refusal

  constructor(host: HostConfig, timeouts: Config['upstream'], refusal: Refusal) {
    // One socket per slot, three for a probe, and one each to load what is pinned, what jobs wait for, to describe, and to
    // unload: undici lets nobody who waits for a socket leave. Time limits are ours: a cold load may be silent for minutes.
    this.#pool = new Pool(new URL(host.url).origin, {
      connections: host.slots + 8,
      connect: { timeout: timeouts.connectTimeoutMs },
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    this.#authorization = host.apiKey === undefined ? {} : { authorization: `Bearer ${host.apiKey}` }
    this.#timeouts = timeouts
    this.#refusal = refusal
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy()
  }

  /** Asks how things are. Throws HostFailure, also when `signal` aborts: nobody waits longer for a probe. */
  async get<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    try {
      const { statusCode, body } = await this.#pool.request({
        method: 'GET',
        path,
        headers: this.#authorization,
        signal,
      })
      const text = await readText(body, bodyBytesMax)
      if (statusCode === 401 || statusCode === 403) throw new HostFailure('failed', 'it refuses the API key')
      if (statusCode !== 200) throw new HostFailure('failed', `${path} answered ${statusCode}`)
      const parsed = schema.safeParse(JSON.parse(text))
      if (!parsed.success) throw new HostFailure('failed', `${path} answered something else than it should`)
      return parsed.data
    } catch (error) {
      if (error instanceof HostFailure) throw error
      if (error instanceof SyntaxError) throw new HostFailure('failed', `${path} did not answer JSON`)
      throw new HostFailure('unreachable', `${path} did not answer`, error)
    }
  }

  /** The body of a 200. Throws the host's refusal, or whatever the socket does (`failureOf`). */
  async post(path: string, json: string, signal: AbortSignal): Promise<Body> {
    const { status, body } = await this.#send(path, json, signal)
    if (status === 200) return body
    throw this.#refusal(status, await readText(body, bodyBytesMax))
  }

  /** The text of a 200. Throws HostFailure, or the signal's reason. */
  async postWhole(path: string, json: string, bytesMax: number, signal: AbortSignal): Promise<string> {
    const { status, text } = await this.exchange(path, json, bytesMax, signal)
    if (status === 200) return text
    throw this.#refusal(status, text)
  }

  /** As `postWhole`, whatever the status is. Throws HostFailure, or the signal's reason. */
  async exchange(
    path: string,
    json: string,
    bytesMax: number,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    using silence = new Silence(this.#timeouts)
    try {
      const { status, body } = await this.#send(path, json, AbortSignal.any([signal, silence.signal]))
      return { status, text: await readText(body, bytesMax) }
    } catch (error) {
      throw failureOf(error, signal, silence)
    }
  }

  async #send(path: string, json: string, signal: AbortSignal): Promise<{ status: number; body: Body }> {
    const { statusCode, body } = await this.#pool.request({
      method: 'POST',
      path,
      body: json,
      headers: { 'content-type': 'application/json', ...this.#authorization },
      signal,
    })
    return { status: statusCode, body }
  }
}

/** What an error of a request means: the reason of whoever gave it up, else a HostFailure. */
export const failureOf = (error: unknown, signal: AbortSignal, silence: Silence): unknown => {
  if (error instanceof HostFailure) return error
  if (signal.aborted) return signal.reason
  if (silence.signal.aborted) return new HostFailure('failed', 'it fell silent')
  return new HostFailure('unreachable', 'the connection failed', error)
}

const readText = async (body: Body, bytesMax: number): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new HostFailure('failed', `its answer is larger than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
