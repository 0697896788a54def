import { DroverError } from '@drover/shared/errors/drover-error'
import { problemOf } from '@drover/shared/errors/problem'
import type { StreamEvent } from '@drover/shared/events'
import { detectLanguage, type Language } from '@drover/shared/language'
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { Readable } from 'node:stream'
import type { Admission } from '../admission.ts'
import { collectAnswer } from '../collect.ts'
import type { AnswerMeta, Dialect, ParsedChat, StreamRenderer } from '../dialects/dialect.ts'
import type { Responses } from '../responses.ts'
import { departure } from '../stream/departure.ts'
import { merge } from '../stream/merge.ts'
import { quiet, withQuiet } from '../stream/quiet.ts'

/** THE LIFE OF A REQUEST, whatever the dialect. `docs/life-of-a-request.md` tells the same story with the other half. */

export interface ChatDeps {
  readonly admission: Admission
  readonly responses: Responses
  readonly headersAfterMs: number
  readonly heartbeatMs: number
  readonly deadlineMs: number
  /** Aborts when this process has to end though requests still run. */
  readonly drained: AbortSignal
}

/** After its deadline, a request has this long to read that it is over. */
const unreadMs = 5_000

/** A batch of one choice's events. */
interface Batch {
  readonly index: number
  readonly value: readonly StreamEvent[]
}

export const chatRoute =
  (dialect: Dialect, deps: ChatDeps): RouteHandlerMethod =>
  async (request, reply) => {
    // 1. Parse.
    const parsed = dialect.parse(request.body)
    // 2. Admit.
    const group = deps.admission.admit(parsed.model, parsed.choices)
    // 3 and 4. Listen, then enqueue: once per choice.
    const exchange = await Exchange.open(request.id, departure(reply, deps.deadlineMs + unreadMs), parsed, group, deps)
    const meta = {
      id: request.id,
      model: parsed.model,
      createdAtMs: Date.now(),
      choices: parsed.choices,
      includeUsage: parsed.includeUsage,
    }
    // 5 to 8 happen in the guard and the worker. 9. Deliver; 10. whoever leaves cancels: `Exchange.close`.
    return parsed.stream
      ? streamAnswer(dialect, meta, exchange, deps, request, reply)
      : wholeAnswer(dialect, meta, exchange)
  }

/** The jobs of one request and the streams of their events. Closing it cancels what has not ended. */
class Exchange {
  readonly streams: AsyncGenerator<readonly StreamEvent[]>[] = []
  readonly #leave = new AbortController()
  readonly #signal: AbortSignal
  readonly #deadline: AbortSignal
  readonly #group: string
  readonly #deps: ChatDeps
  readonly #open = new Set<string>()

  private constructor(gone: AbortSignal, group: string, deps: ChatDeps) {
    this.#group = group
    this.#deps = deps
    this.#deadline = AbortSignal.timeout(deps.deadlineMs)
    this.#signal = AbortSignal.any([gone, this.#deadline, deps.drained, this.#leave.signal])
  }

  static async open(
    requestId: string,
    gone: AbortSignal,
    parsed: ParsedChat,
    group: string,
    deps: ChatDeps,
  ): Promise<Exchange> {
    const exchange = new Exchange(gone, group, deps)
    try {
      for (let choice = 0; choice < parsed.choices; choice += 1) {
        const id = choice === 0 ? requestId : `${requestId}_${choice}`
        exchange.streams.push(await exchange.#start(id, parsed))
      }
    } catch (error) {
      await exchange.close()
      throw error
    }
    return exchange
  }

  /** Every event of every choice. Ends early, with an error event, when the deadline passes. */
  async *batches(): AsyncGenerator<Batch> {
    const [only] = this.streams
    if (only !== undefined && this.streams.length === 1) for await (const value of only) yield { index: 0, value }
    else yield* merge(this.streams)
  }

  async close(): Promise<void> {
    // With a reason of its own: the default one is an exception with a stack, made for every request.
    this.#leave.abort('left')
    await Promise.all([...this.#open].map(id => this.#deps.responses.cancel(id, this.#group)))
  }

  async #start(id: string, parsed: ParsedChat): Promise<AsyncGenerator<readonly StreamEvent[]>> {
    const waiting = this.#deps.admission.wait(this.#group)
    try {
      const events = await this.#deps.responses.start(id, this.#group, parsed.request, this.#signal)
      this.#open.add(id)
      return this.#follow(id, events, waiting)
    } catch (error) {
      waiting[Symbol.dispose]()
      throw error
    }
  }

  async *#follow(
    id: string,
    events: AsyncGenerator<readonly StreamEvent[]>,
    waiting: Disposable,
  ): AsyncGenerator<readonly StreamEvent[]> {
    using _waiting = waiting
    for await (const batch of events) {
      waiting[Symbol.dispose]()
      const last = batch.at(-1)?.type
      if (last === 'end' || last === 'error' || last === 'cancelled') this.#open.delete(id)
      yield batch
    }
    // Left, out of time, or going down: the log has no end yet, and the reader of these events needs one.
    if (this.#open.has(id)) yield [this.#unfinished()]
  }

  #unfinished(): StreamEvent {
    const waitedS = Math.round(this.#deps.deadlineMs / 1000)
    if (this.#deadline.aborted) return { type: 'error', code: 'deadline_exceeded', params: { waitedS } }
    if (this.#deps.drained.aborted) return { type: 'error', code: 'shutting_down', params: {} }
    return { type: 'cancelled' }
  }
}

const wholeAnswer = async (dialect: Dialect, meta: AnswerMeta, exchange: Exchange): Promise<object> => {
  try {
    const collected = await Promise.all(exchange.streams.map(collectAnswer))
    const answers = collected.map(result => {
      if (result.kind === 'answer') return result.answer
      throw result.kind === 'error' ? new DroverError(result.code, result.params) : new DroverError('internal_error')
    })
    return dialect.body(meta, answers)
  } finally {
    await exchange.close()
  }
}

const streamAnswer = async (
  dialect: Dialect,
  meta: AnswerMeta,
  exchange: Exchange,
  deps: ChatDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const times = { firstMs: deps.headersAfterMs, everyMs: deps.heartbeatMs }
  const batches = withQuiet(exchange.batches(), times, ({ value }) => value.some(isOutput))
  const head = await takeHead(batches)
  const refusal = head.find(item => item !== quiet && item.value.some(isRefusal))
  if (refusal !== undefined && refusal !== quiet) {
    await exchange.close()
    await batches.return(undefined)
    throw asError(refusal.value)
  }
  const frames = renderFrames(dialect.stream(meta), head, batches, exchange, request)
  return reply
    .header('cache-control', 'no-cache')
    .header('x-accel-buffering', 'no')
    .type(dialect.streamType)
    .send(Readable.from(frames))
}

/** What comes before the headers: until the first output, an ending, or quiet. An error so early has its own status. */
const takeHead = async (batches: AsyncGenerator<Batch | typeof quiet>): Promise<(Batch | typeof quiet)[]> => {
  const head: (Batch | typeof quiet)[] = []
  for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
    head.push(next.value)
    if (next.value === quiet || next.value.value.some(isOutput)) break
  }
  return head
}

async function* renderFrames(
  renderer: StreamRenderer,
  head: readonly (Batch | typeof quiet)[],
  rest: AsyncGenerator<Batch | typeof quiet>,
  exchange: Exchange,
  request: FastifyRequest,
): AsyncGenerator<string> {
  let ended = 0
  const frame = (item: Batch | typeof quiet): string => {
    if (item === quiet) return renderer.heartbeat()
    if (item.value.at(-1)?.type === 'end') ended += 1
    return renderer.events(item.index, item.value)
  }
  try {
    for (const item of head) yield frame(item)
    for await (const item of rest) {
      if (item !== quiet && item.value.some(isRefusal)) {
        const { code, params } = asError(item.value)
        // The headers are gone; the stream says it and ends without its end marker.
        yield (
          renderer.events(
            item.index,
            item.value.filter(event => !isRefusal(event)),
          ) + renderer.error(problemOf(code, params, languageOf(request.body)))
        )
        return
      }
      yield frame(item)
    }
    if (ended === exchange.streams.length) yield renderer.close()
  } finally {
    await exchange.close()
  }
}

/** Whether the client sees anything of it. */
const isOutput = (event: StreamEvent): boolean => event.type !== 'start' && event.type !== 'released'

const isRefusal = (event: StreamEvent): boolean => event.type === 'error' || event.type === 'cancelled'

const asError = (events: readonly StreamEvent[]): DroverError => {
  const event = events.find(isRefusal)
  return event?.type === 'error' ? new DroverError(event.code, event.params) : new DroverError('internal_error')
}

/** Of the last user message, read from whatever the client sent: also a body that is refused has a language. */
export const languageOf = (body: unknown): Language => {
  const messages = (body as { messages?: unknown } | null | undefined)?.messages
  if (!Array.isArray(messages)) return 'en'
  const last = messages.findLast(message => (message as { role?: unknown } | null)?.role === 'user') as
    | { content?: unknown }
    | undefined
  const content = last?.content
  if (typeof content === 'string') return detectLanguage(content)
  if (!Array.isArray(content)) return 'en'
  const texts = content.map(part => (part as { text?: unknown } | null)?.text).filter(text => typeof text === 'string')
  return detectLanguage(texts.join('\n'))
}
