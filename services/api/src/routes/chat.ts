import { DroverError } from '@drover/shared/errors/drover-error'
import { problemOf } from '@drover/shared/errors/problem'
import type { StreamEvent } from '@drover/shared/events'
import { detectLanguage, type Language } from '@drover/shared/language'
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { Readable } from 'node:stream'
import type { Admission } from '../admission/admission.ts'
import { callerOf } from '../admission/caller.ts'
import type { QueuePlace } from '../admission/placement.ts'
import { termsOf } from '../admission/terms.ts'
import { collectAnswer } from '../collect.ts'
import type { Answer, AnswerMeta, Dialect, StreamRenderer } from '../dialects/dialect.ts'
import { Exchange, type Batch, type ExchangeDeps } from '../exchange.ts'
import { departure } from '../stream/departure.ts'
import { quiet, withQuiet } from '../stream/quiet.ts'

/** THE LIFE OF A REQUEST, whatever the dialect. `docs/life-of-a-request.md` tells the same story with the other half. */

export interface ChatDeps extends ExchangeDeps {
  readonly admission: Admission
  readonly keysAreChecked: boolean
  /** Of requests that set none, and the most they may set. */
  readonly deadlineMs: number
  readonly headersAfterMs: number
  readonly heartbeatMs: number
}

/** After its deadline, a request has this long to read that it is over. */
const unreadMs = 5_000

export const chatRoute =
  (dialect: Dialect, deps: ChatDeps): RouteHandlerMethod =>
  async (request, reply) => {
    // 1. Parse.
    const parsed = dialect.parse(request.body)
    const terms = termsOf(request.headers, parsed.class, deps.deadlineMs)
    const gone = departure(request, reply, terms.deadlineMs + unreadMs)
    // 2. Admit.
    const caller = callerOf(request, deps.keysAreChecked)
    const admitted = await deps.admission.admit({ ...parsed, ...terms, id: request.id, caller })
    announce(reply, admitted.place)
    // 3 and 4. Listen, then enqueue: once per choice.
    const exchange = await Exchange.open(admitted, deps, { name: parsed.model, deadlineMs: terms.deadlineMs, gone })
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

const announce = (reply: FastifyReply, { position, etaMs }: QueuePlace): void => {
  reply.header('x-drover-queue-position', position)
  if (etaMs !== undefined) reply.header('x-drover-queue-eta-ms', Math.round(etaMs))
}

const wholeAnswer = async (dialect: Dialect, meta: AnswerMeta, exchange: Exchange): Promise<object> => {
  try {
    // One choice that fails is the end of all of them.
    return dialect.body(meta, await Promise.all(exchange.streams.map(answerOf)))
  } finally {
    exchange.close()
  }
}

const answerOf = async (events: AsyncIterable<readonly StreamEvent[]>): Promise<Answer> => {
  const collected = await collectAnswer(events)
  if (collected.kind === 'answer') return collected.answer
  throw collected.kind === 'error'
    ? new DroverError(collected.code, collected.params)
    : new DroverError('internal_error')
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
  const head = await takeHead(batches).catch((error: unknown) => {
    exchange.close()
    throw error
  })
  const refusal = head.find(item => item !== quiet && item.value.some(isRefusal))
  if (refusal !== undefined && refusal !== quiet) {
    exchange.close()
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
  const frame = async (item: Batch | typeof quiet): Promise<string> => {
    if (item === quiet) return renderer.heartbeat(await exchange.findPlace())
    if (item.value.at(-1)?.type === 'end') ended += 1
    return renderer.events(item.index, item.value)
  }
  try {
    for (const item of head) yield await frame(item)
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
        // Now, not only below: leaving this loop waits for the other choices, which it stops.
        exchange.close()
        return
      }
      yield await frame(item)
    }
    if (ended === exchange.streams.length) yield renderer.close()
  } finally {
    exchange.close()
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
