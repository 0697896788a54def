import { isTerminal } from '../events.ts'
import { beforeFirst, decodeEntry, place, type Entry, type EntryId, type RawEntry } from './entry.ts'
import { rangeCount, type LogHub } from './hub.ts'

export interface ReadOptions {
  /** Deliver what comes after this entry. */
  readonly from?: EntryId
  /** Nobody can have written yet, so the first look at the log is saved. */
  readonly fresh?: boolean
  readonly signal: AbortSignal
}

/**
 * The entries of a log, each once and in order, until its terminal entry; ends early only when `signal` aborts.
 *
 * Messages are the fast path, the log is the truth: a message is delivered only if it continues what was delivered,
 * and the range is read where it does not, when the subscriber reconnected, and when the log was quiet for a second.
 * A log that cannot be continued (Redis lost entries that were delivered, and another attempt went on without them)
 * ends with `stream_lost`: never a splice.
 */
export async function* readLog(hub: LogHub, logKey: string, options: ReadOptions): AsyncGenerator<Entry> {
  using box = hub.openMailbox(logKey, options.signal)
  let position = options.from ?? beforeFirst
  if (options.fresh === true) {
    // Redis away: the look after a second of quiet announces again.
    await hub.announce(logKey).catch(() => {})
  } else box.stale = true

  while (!options.signal.aborted) {
    const fromLog = box.stale
    // Before the look, not after: what makes the box stale meanwhile asks for another look.
    box.stale = false
    const entries = fromLog ? await rangeOrNothing(hub, logKey, position) : takeOne(box.take())
    if (fromLog && entries.length === rangeCount) box.stale = true
    for (const raw of entries) {
      const where = place(position, raw)
      if (where === 'repeat') continue
      if (where === 'hole' && !fromLog) {
        box.stale = true
        break
      }
      const entry = where === 'next' ? decodeOrLose(raw) : acrossHole(raw)
      position = entry.id
      yield entry
      if (entry.events.some(isTerminal)) return
    }
    if (entries.length === 0) await box.arrival()
  }
}

const takeOne = (entry: RawEntry | undefined): RawEntry[] => (entry === undefined ? [] : [entry])

/** Redis away reads as "nothing yet": the reconnected subscriber, or the next quiet second, looks again. */
const rangeOrNothing = async (hub: LogHub, logKey: string, position: EntryId): Promise<RawEntry[]> => {
  try {
    return await hub.range(logKey, position)
  } catch {
    return []
  }
}

const lost = ({ id }: RawEntry): Entry => ({ id, events: [{ type: 'error', code: 'stream_lost', params: {} }] })

/** What cannot be read (a newer version wrote it) cannot be continued either. */
const decodeOrLose = (raw: RawEntry): Entry => {
  try {
    return decodeEntry(raw)
  } catch {
    return lost(raw)
  }
}

/** An ending that says "failed" or "cancelled" is true whatever is missing before it; anything else would splice. */
const acrossHole = (raw: RawEntry): Entry => {
  const entry = decodeOrLose(raw)
  const last = entry.events.at(-1)
  if (last !== undefined && (last.type === 'error' || last.type === 'cancelled'))
    return { id: entry.id, events: [last] }
  return lost(raw)
}
