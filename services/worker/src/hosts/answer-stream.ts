import type { Config } from '@drover/shared/config/schema'
import type { StreamEvent } from '@drover/shared/events'
import { failureOf, type Body } from './connection.ts'
import { HostFailure } from './host-failure.ts'
import { LineSplitter } from './ndjson.ts'
import { Silence } from './silence.ts'

/**
 * The events of one line; none for one that says nothing. Throws HostFailure for a line that should not be there, and for
 * the host's own error line. A new one for each answer.
 * @param alive to be called for a piece of the answer that no event tells of yet.
 */
export type ReadLine = (line: string, alive: () => void) => StreamEvent[]

export interface AnswerStream {
  /** Sends the request. */
  open(signal: AbortSignal): Promise<Body>
  readonly readLine: ReadLine
  /** The last events, where an answer may end with its body. Throws HostFailure where it may not. */
  readonly readEnd?: () => StreamEvent[]
  readonly lineBytesMax: number
  readonly timeouts: Config['upstream']
}

/** How long and large a body may be after the end of the answer: the slot waits for it. The size counts from its beginning. */
const restMs = 1_000
const restBytes = 64 * 1024 * 1024

/** An answer that comes in lines, as batches of events, a batch per piece of network data. As `Host.run`. */
export async function* streamAnswer(answer: AnswerStream, signal: AbortSignal): AsyncGenerator<StreamEvent[]> {
  using silence = new Silence(answer.timeouts)
  let body: Body | undefined
  try {
    body = await answer.open(AbortSignal.any([signal, silence.signal]))
    // The loop below sees every error; destroying what nobody reads any more would raise one more.
    body.on('error', () => {})
    const splitter = new LineSplitter(answer.lineBytesMax)
    let begun = false
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const { events, failure } = readLines(splitter, chunk, line => answer.readLine(line, () => silence.broken()))
      // Before the first token a failure costs nothing, because another host starts afresh; after it, all that came counts.
      if (failure !== undefined && !begun) throw failure
      if (events.length === 0 && failure === undefined) continue
      silence.broken()
      begun = true
      if (events.length > 0) yield events
      if (failure !== undefined) throw failure
      if (events.at(-1)?.type !== 'end') continue
      // Reads the end of the body instead of cutting it: the connection stays, and no error is made of it.
      await body.dump({ limit: restBytes, signal: AbortSignal.timeout(restMs) }).catch(() => {})
      return
    }
    if (answer.readEnd === undefined)
      throw new HostFailure('failed', 'it ended the stream without saying that it was done')
    yield answer.readEnd()
  } catch (error) {
    throw failureOf(error, signal, silence)
  } finally {
    body?.destroy()
  }
}

/** The events of lines up to the end of the answer, or to the first that is a failure. */
const readLines = (
  splitter: LineSplitter,
  chunk: Buffer,
  readLine: (line: string) => StreamEvent[],
): { events: StreamEvent[]; failure: HostFailure | undefined } => {
  const events: StreamEvent[] = []
  try {
    for (const line of splitter.push(chunk)) {
      events.push(...readLine(line))
      // Nothing of an answer follows its end, whatever a host says.
      if (events.at(-1)?.type === 'end') break
    }
    return { events, failure: undefined }
  } catch (error) {
    if (error instanceof HostFailure) return { events, failure: error }
    // Of the splitter: a line that is too long.
    if (error instanceof RangeError) return { events, failure: new HostFailure('failed', error.message) }
    throw error
  }
}
