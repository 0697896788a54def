import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import type { StreamFault } from './faults.ts'

/** When the tokens of one answer are due. */
export interface Pace {
  readonly firstTokenMs: number
  readonly tokenMs: number
}

export type Part =
  | { readonly type: 'tokens'; readonly from: number; readonly to: number }
  | { readonly type: 'fault'; readonly fault: StreamFault; readonly at: number }

/** One write of this many lines is about 36 kB: below the socket's high-water mark, so that a slow reader is noticed. */
const batchMax = 256

/**
 * The tokens [0, length) in batches as they become due, and the fault where it strikes.
 * Token i is due at start + firstTokenMs + i × tokenMs, whatever the timers did before: no drift, and a late loop catches up in one batch.
 */
export async function* parts(
  length: number,
  pace: Pace,
  fault: StreamFault | undefined,
  signal: AbortSignal,
): AsyncGenerator<Part> {
  const firstDueMs = performance.now() + pace.firstTokenMs
  const strikeAt = fault === undefined ? length : Math.min(fault.afterTokens, length)
  const next = (from: number): number => {
    const end = from < strikeAt ? strikeAt : length
    const dueMs = performance.now() - firstDueMs
    const due = pace.tokenMs > 0 ? Math.floor(dueMs / pace.tokenMs) + 1 : length
    return Math.min(end, from + batchMax, Math.max(due, from + 1))
  }
  let from = 0
  if (fault !== undefined && strikeAt === 0) yield { type: 'fault', fault, at: 0 }
  do {
    const waitMs = firstDueMs + from * pace.tokenMs - performance.now()
    if (waitMs > 0) await delay(waitMs, undefined, { signal })
    else if (from > 0) await nextTurn(undefined, { signal })
    if (length === 0) return
    const to = next(from)
    yield { type: 'tokens', from, to }
    from = to
    if (fault !== undefined && from === strikeAt) yield { type: 'fault', fault, at: from }
  } while (from < length)
}
