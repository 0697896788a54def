import { DroverError } from '@drover/shared/errors/drover-error'
import { problemOf } from '@drover/shared/errors/problem'
import { isVisible, type StreamEvent } from '@drover/shared/events'
import type { Language } from '@drover/shared/language'
import type { FastifyReply } from 'fastify'
import { Readable } from 'node:stream'
import { Collector } from '../collect.ts'
import type { Answer, Dialect, StreamRenderer } from '../dialects/dialect.ts'
import { languageOf } from '../language-of.ts'
import type { AskDeps, Asked } from '../routes/ask.ts'
import { batchesOf, type Answering, type Batch } from './answering.ts'
import type { AnswerHeaders } from './headers.ts'
import { quiet, withQuiet } from './quiet.ts'

/** Frames as the events come. Throws DroverError when it fails before the headers: such an error has its own status. */
export const streamAnswer = async <Echo>(
  dialect: Dialect<Echo>,
  asked: Asked<Echo>,
  answering: Answering,
  headers: AnswerHeaders,
  deps: Pick<AskDeps, 'headersAfterMs' | 'heartbeatMs'>,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const times = { firstMs: deps.headersAfterMs, everyMs: deps.heartbeatMs }
  const batches = withQuiet(remembered(asked, batchesOf(answering.streams)), times, ({ value }) =>
    value.some(isVisible),
  )
  const head = await takeHead(batches).catch((error: unknown) => {
    answering.close()
    throw error
  })
  const refusal = head.find(item => item !== quiet && item.value.some(isRefusal))
  if (refusal !== undefined && refusal !== quiet) {
    answering.close()
    await batches.return(undefined)
    throw asError(refusal.value)
  }
  headers.leaving(startOf(head))
  const renderer = dialect.stream(asked.meta)
  const frames = Readable.from(renderFrames(renderer, head, batches, answering, languageOf(reply.request.body)))
  // Not the generator's to do: of a stream that is destroyed before it is read, it never begins.
  frames.once('close', () => answering.close())
  return reply
    .header('cache-control', 'no-cache')
    .header('x-accel-buffering', 'no')
    .type(dialect.streamType)
    .send(frames)
}

/** Passes on the last batch of an answer only when it is remembered: its reader may refer to it at once. */
async function* remembered<Echo>(asked: Asked<Echo>, batches: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
  const { memory } = asked
  if (memory === undefined) return yield* batches
  const collectors = new Map<number, Collector>()
  for await (const batch of batches) {
    const collector = collectors.get(batch.index) ?? new Collector()
    collectors.set(batch.index, collector)
    const collected = collector.add(batch.value)
    if (collected !== undefined) await memory.remember(asked, collected)
    yield batch
  }
}

/** What comes before the headers: until the first output, an ending, or quiet. */
const takeHead = async (batches: AsyncGenerator<Batch | typeof quiet>): Promise<(Batch | typeof quiet)[]> => {
  const head: (Batch | typeof quiet)[] = []
  for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
    head.push(next.value)
    if (next.value === quiet || next.value.value.some(isVisible)) break
  }
  return head
}

/** Of the last attempt that has begun. */
const startOf = (head: readonly (Batch | typeof quiet)[]): Answer['start'] =>
  head.flatMap(item => (item === quiet ? [] : item.value.filter(event => event.type === 'start'))).at(-1)

async function* renderFrames(
  renderer: StreamRenderer,
  head: readonly (Batch | typeof quiet)[],
  rest: AsyncGenerator<Batch | typeof quiet>,
  answering: Answering,
  language: Language,
): AsyncGenerator<string> {
  let ended = 0
  const frame = async (item: Batch | typeof quiet): Promise<string> => {
    if (item === quiet) return renderer.heartbeat(await answering.findPlace())
    if (item.value.at(-1)?.type === 'end') ended += 1
    return renderer.events(item.index, item.value)
  }
  for (const item of head) yield await frame(item)
  for await (const item of rest) {
    if (item !== quiet && item.value.some(isRefusal)) {
      const { code, params } = asError(item.value)
      // The headers are gone; the stream says it and ends without its end marker.
      yield (
        renderer.events(
          item.index,
          item.value.filter(event => !isRefusal(event)),
        ) + renderer.error(problemOf(code, params, language))
      )
      // Now, not only when the stream closes: leaving this loop waits for the other choices, which it stops.
      answering.close()
      return
    }
    yield await frame(item)
  }
  if (ended === answering.streams.length) yield renderer.close()
}

const isRefusal = (event: StreamEvent): boolean => event.type === 'error' || event.type === 'cancelled'

const asError = (events: readonly StreamEvent[]): DroverError => {
  const event = events.find(isRefusal)
  return event?.type === 'error' ? new DroverError(event.code, event.params) : new DroverError('internal_error')
}
