import type { FinishReason, StreamEvent, ToolCall } from '@drover/shared/events'
import type { Entry } from '@drover/shared/log/entry'
import type { Verdict } from '@drover/shared/verdict'
import type { Reading } from './reading.ts'
import { readable } from './readable.ts'
import { isId } from './request-texts.ts'
import type { StreamFilter } from './streaming/release-filter.ts'

/** Scans what comes as a whole, of any length. */
export type ScanWhole = (texts: readonly string[]) => Promise<readonly Verdict[]>

/** What may leave, as it becomes certain. A finding that blocks ends the stream with `content_filter`. */
export async function* releaseEvents(
  entries: AsyncIterable<Entry>,
  guard: Reading,
  scanWhole: ScanWhole,
): AsyncGenerator<StreamEvent[]> {
  const held: Held = { text: guard.stream(), reasoning: guard.stream(), calls: [] }
  let pieces = 0
  for await (const { events } of entries) {
    const released: StreamEvent[] = []
    guard.restart()
    for (const event of events) {
      if (event.type === 'text') pieces += 1
      const mayNotLeave = event.type === 'tool_calls' && !(await areHarmless(event.calls, scanWhole))
      const blocked = mayNotLeave || releaseEvent(event, held, guard, released)
      if (blocked) {
        released.push(contentFiltered(pieces))
        yield released
        return
      }
    }
    if (released.length > 0) yield released
  }
}

/** What has not left yet. One filter per field: a match must not be put together from two of them. */
interface Held {
  readonly text: StreamFilter
  readonly reasoning: StreamFilter
  /** Until the text before them is settled: a client shows things in the order they come. */
  readonly calls: StreamEvent[]
}

/** Appends to `released` what `event` lets out. True when something must not leave, and so nothing after it. */
const releaseEvent = (event: StreamEvent, held: Held, guard: Reading, released: StreamEvent[]): boolean => {
  switch (event.type) {
    case 'start':
    case 'released':
    case 'embeddings':
      released.push(event)
      return false
    case 'text':
    case 'reasoning':
      return letOut(event.type, held[event.type].push(event.text), released)
    case 'tool_calls':
      held.calls.push(event)
      return false
    case 'end':
    case 'error':
    case 'cancelled': {
      // The end settles what could still have become a finding.
      const blocked = letOut('reasoning', held.reasoning.end(), released) || letOut('text', held.text.end(), released)
      if (!blocked) released.push(...held.calls, cleaned(event, guard))
      return blocked
    }
  }
}

const letOut = (
  type: 'text' | 'reasoning',
  result: ReturnType<StreamFilter['push']>,
  released: StreamEvent[],
): boolean => {
  if (result.release !== '') released.push({ type, text: result.release })
  return result.blocked !== undefined
}

/** An ending without tokens of the answer as the host gave it, and without words of the host that hold a finding. */
const cleaned = (event: StreamEvent, guard: Reading): StreamEvent => {
  if (event.type === 'end') {
    const { contextJson: _tokens, ...rest } = event
    return rest
  }
  if (event.type !== 'error') return event
  const params = Object.entries(event.params).filter(
    ([, value]) => typeof value !== 'string' || guard.scan(value).verdict === 'allow',
  )
  return { ...event, params: Object.fromEntries(params) }
}

/** Arguments are JSON: a redaction inside them could change what the call does, so any finding blocks. */
const areHarmless = async (calls: readonly ToolCall[], scanWhole: ScanWhole): Promise<boolean> => {
  const texts = calls.flatMap(({ id, name, arguments: json }) => [readable(json), name, ...(isId(id) ? [] : [id])])
  const verdicts = await scanWhole(texts)
  return verdicts.every(({ verdict }) => verdict === 'allow')
}

/** The host's own counts come only with its end, which is not waited for; a piece is about a token. */
const contentFiltered = (pieces: number): StreamEvent => ({
  type: 'end',
  reason: 'content_filter' satisfies FinishReason,
  usage: { promptTokens: 0, completionTokens: pieces },
  timings: { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 },
})
