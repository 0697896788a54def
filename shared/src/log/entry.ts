import { decodeEvents, type StreamEvent } from '../events.ts'

/** `<attempt>-<seq>`: both from 1. `0-0` stands before the first entry. */
export interface EntryId {
  readonly attempt: number
  readonly seq: number
}

export const beforeFirst: EntryId = { attempt: 0, seq: 0 }

export const formatId = (id: EntryId): string => `${id.attempt}-${id.seq}`

export const parseId = (text: string): EntryId => {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text)
  if (match === null) throw new Error(`not an entry id: ${text.slice(0, 40)}`)
  return { attempt: Number(match[1]), seq: Number(match[2]) }
}

/** One entry as it lies in the log and as it is published. The payload is decoded only if the entry is delivered. */
export interface RawEntry {
  readonly id: EntryId
  /** What the first entry of an attempt continues. */
  readonly after: EntryId | undefined
  readonly payload: string
}

export interface Entry {
  readonly id: EntryId
  readonly events: StreamEvent[]
}

/** `next`: it continues `position`. `repeat`: it was delivered. `hole`: something between is missing. */
export const place = (position: EntryId, entry: RawEntry): 'next' | 'repeat' | 'hole' => {
  const { id, after } = entry
  if (id.attempt < position.attempt || (id.attempt === position.attempt && id.seq <= position.seq)) return 'repeat'
  if (id.attempt === position.attempt) return id.seq === position.seq + 1 ? 'next' : 'hole'
  return id.seq === 1 && after?.attempt === position.attempt && after.seq === position.seq ? 'next' : 'hole'
}

const parseAfter = (text: string): EntryId | undefined => (text === '-' ? undefined : parseId(text))

/** `<log> <id> <after> <payload>`, as `append.lua` publishes it. */
export const parseMessage = (message: string): { logKey: string; entry: RawEntry } => {
  const first = message.indexOf(' ')
  const second = message.indexOf(' ', first + 1)
  const third = message.indexOf(' ', second + 1)
  return {
    logKey: message.slice(0, first),
    entry: {
      id: parseId(message.slice(first + 1, second)),
      after: parseAfter(message.slice(second + 1, third)),
      payload: message.slice(third + 1),
    },
  }
}

/** An item of an XRANGE reply: id and the flat list of fields `e`, `p` and, on a terminal entry, `t`. */
export const parseRangeItem = ([id, fields]: [string, string[]]): RawEntry => ({
  id: parseId(id),
  after: parseAfter(fields[3] ?? '-'),
  payload: fields[1] ?? '',
})

export const decodeEntry = (entry: RawEntry): Entry => ({ id: entry.id, events: decodeEvents(entry.payload) })
