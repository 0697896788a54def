import { isTerminal, isVisible } from '@drover/shared/events'
import { decodeEntry, parseRangeItem, type EntryId } from '@drover/shared/log/entry'
import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'

/** Where a response stands when a worker is handed its job again. */
export type Standing =
  | { kind: 'empty' }
  | { kind: 'closed' }
  /** An attempt claimed the log. `live`: its process still runs. `begun`: the client may have seen output. */
  | { kind: 'claimed'; last: EntryId; live: boolean; begun: boolean }

/** Asked only of a job that was started before: two round trips, and the whole log is read. */
export const readStanding = async (redis: Redis, keys: Keys, logKey: string): Promise<Standing> => {
  const items = await redis.xrange(logKey, '-', '+')
  const entries = items.map(item => decodeEntry(parseRangeItem(item)))
  const last = entries.at(-1)
  if (last === undefined) return { kind: 'empty' }
  const events = entries.flatMap(entry => entry.events)
  if (events.some(isTerminal)) return { kind: 'closed' }
  const sign = events.findLast(event => event.type === 'start' || event.type === 'released')
  const live = sign?.type === 'start' && (await redis.exists(keys.owner(sign.by))) === 1
  const begun = events.some(isVisible)
  return { kind: 'claimed', last: last.id, live, begun }
}
