import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, type Dispatcher } from 'undici'
import { answer } from '../../../test/fakes/ollama/tokens.ts'
import type { Message, Question, Wire } from './wire.ts'
import type { Arrival } from './workload.ts'

/** Asks, open loop: a request goes out when it is due, whatever became of those before it. */

/** Whom a variant asks. A route is held until the answer has ended; most targets have nothing to hold. */
export interface Target {
  readonly name: string
  readonly wire: Wire
  readonly headers?: Readonly<Record<string, string>>
  route(signal: AbortSignal): Promise<Route> | Route
}

export interface Route extends Partial<Disposable> {
  readonly url: string
}

export type Ending =
  /** All of it, and every character right. */
  | 'done'
  /** 429 */
  | 'refused'
  /** Another status, or an error in the stream: a clear end, but not an answer. */
  | 'failed'
  /** The connection ended without a word. */
  | 'cut'
  /** It said what it must not. */
  | 'wrong'
  /** We left before it ended. */
  | 'left'

export interface Outcome {
  readonly arrival: Arrival
  readonly ending: Ending
  readonly status: number
  /** Of a refusal or an error. */
  readonly code?: string | undefined
  /** Since it was due; absent when no text came. */
  readonly firstTokenMs?: number | undefined
  /** Since it was due. */
  readonly totalMs: number
  /** When it ended, since the start of the run. */
  readonly endedAtMs: number
}

export interface RunOptions {
  readonly signal: AbortSignal
  /** A request is given up when it is so old. */
  readonly leaveAfterMs?: number
  /** All that is left is given up so long after the last one was due. */
  readonly drainMs?: number
  /** Told of each as it ends. */
  readonly onEnd?: (outcome: Outcome) => void
}

const question: Message = { role: 'user', content: 'Count the sheep.' }

export const questionOf = ({ model, tokens, seed }: Arrival): Question => ({
  model,
  messages: [question],
  tokens,
  seed,
})

interface AskOptions {
  readonly dueMs: number
  /** Of the run. */
  readonly startedMs: number
  readonly signal: AbortSignal
  /** The answer has begun, or the wait for it. */
  readonly onStatus?: () => void
}

export class Client implements AsyncDisposable {
  // A connection per request in flight: nothing waits on this side.
  readonly #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 30_000 } })

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }

  /** Resolves when the last one has ended, in the order of arrival. */
  async run(target: Target, arrivals: readonly Arrival[], options: RunOptions): Promise<Outcome[]> {
    const { leaveAfterMs = 600_000, drainMs = 600_000 } = options
    const startedMs = performance.now()
    const lastMs = arrivals.at(-1)?.atMs ?? 0
    const drained = AbortSignal.any([options.signal, AbortSignal.timeout(Math.ceil(lastMs + drainMs))])
    const outcomes = await Promise.all(
      arrivals.map(async arrival => {
        const dueMs = startedMs + arrival.atMs
        await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal: options.signal })
        const signal = AbortSignal.any([drained, AbortSignal.timeout(leaveAfterMs)])
        const outcome = await this.ask(target, questionOf(arrival), arrival, { dueMs, startedMs, signal })
        options.onEnd?.(outcome)
        return outcome
      }),
    )
    options.signal.throwIfAborted()
    return outcomes
  }

  /** Never rejects for what a server does: that is an outcome. */
  async ask(
    target: Target,
    asked: Question,
    arrival: Arrival,
    { dueMs, startedMs, signal, onStatus }: AskOptions,
  ): Promise<Outcome> {
    const reading = new Reading(target.wire)
    let failure: unknown
    try {
      const route = await target.route(signal)
      try {
        await this.#exchange(target, route, target.wire.body(asked), reading, signal, onStatus)
      } finally {
        route[Symbol.dispose]?.()
      }
    } catch (error) {
      failure = error
    }
    const endedMs = performance.now()
    return {
      arrival,
      ...reading.verdict(asked, failure, signal.aborted),
      firstTokenMs: reading.firstTokenMs === undefined ? undefined : reading.firstTokenMs - dueMs,
      totalMs: endedMs - dueMs,
      endedAtMs: endedMs - startedMs,
    }
  }

  async #exchange(
    target: Target,
    { url }: Route,
    body: string,
    reading: Reading,
    signal: AbortSignal,
    onStatus?: () => void,
  ): Promise<void> {
    const reply: Dispatcher.ResponseData = await this.#agent.request({
      origin: url,
      method: 'POST',
      path: target.wire.path,
      headers: { 'content-type': 'application/json', ...target.headers },
      body,
      signal,
    })
    reading.status = reply.statusCode
    onStatus?.()
    reply.body.setEncoding('utf8')
    for await (const chunk of reply.body as AsyncIterable<string>) reading.take(chunk)
  }
}

/** One body as it comes in. */
class Reading {
  readonly #wire: Wire
  #rest = ''
  #text = ''
  #done = false
  #error: string | undefined
  status = 0
  firstTokenMs: number | undefined

  constructor(wire: Wire) {
    this.#wire = wire
  }

  take(chunk: string): void {
    this.#rest += chunk
    if (this.status !== 200) return
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      const { text = '', done = false, error } = this.#wire.line(line)
      if (text !== '') this.firstTokenMs ??= performance.now()
      this.#text += text
      this.#done ||= done
      this.#error ??= error
    }
  }

  verdict({ seed, tokens }: Question, failure: unknown, left: boolean): Pick<Outcome, 'ending' | 'status' | 'code'> {
    const { status } = this
    const expected = answer(seed, tokens)
    if (!expected.startsWith(this.#text)) return { ending: 'wrong', status, code: this.#text.slice(0, 100) }
    if (this.#error !== undefined) return { ending: 'failed', status, code: this.#error }
    if (status !== 0 && status !== 200 && failure === undefined)
      return { ending: status === 429 ? 'refused' : 'failed', status, code: this.#wire.refusal(this.#rest) }
    if (this.#done) return { ending: this.#text === expected ? 'done' : 'wrong', status }
    if (left) return { ending: 'left', status }
    return { ending: 'cut', status, code: (failure as NodeJS.ErrnoException | undefined)?.code }
  }
}
