import { orderRange } from '../queues.ts'

/**
 * Who is next in a queue: start-time fair queueing between callers. Every job starts, in virtual time, when its
 * caller's last one ends, but not before the job that is now at the head; each lasts one. So a caller with 10,000 jobs
 * waiting and one with a single job take turns. `services/api` does the same in Lua; this is what it must equal.
 */

/** Jobs that come back (another host failed them) take the order before it, and are no measure of virtual time. */
export const fairOrderFirst = orderRange.first + 1

export interface FairPlace {
  /** Virtual time at which it starts. */
  readonly start: number
  /** Virtual time at which the caller's next one can start. */
  readonly tag: number
  /** BullMQ priority. */
  readonly order: number
}

/**
 * @param head the lowest order, from `fairOrderFirst`, that waits in the queue; undefined when none does.
 * @param tag the caller's, if it has one.
 */
export const fairPlace = ({ head, tag = 0 }: { head: number | undefined; tag?: number | undefined }): FairPlace => {
  const start = Math.max(virtualTime(head), head === undefined ? 0 : tag)
  // Beyond the last order it is first come, first served, until the queue has been empty once.
  return { start, tag: start + 1, order: Math.min(fairOrderFirst + start, orderRange.last) }
}

const virtualTime = (head: number | undefined): number => (head === undefined ? 0 : head - fairOrderFirst)

/** Of one queue. Callers whose tag virtual time has passed are not in it: they are owed nothing and owe nothing. */
export interface FairState {
  readonly tags: ReadonlyMap<string, number>
}

export const place = (
  { tags }: FairState,
  caller: string,
  head: number | undefined,
): { readonly order: number; readonly state: FairState } => {
  const { order, tag } = fairPlace({ head, tag: tags.get(caller) })
  const now = virtualTime(head)
  const owing = head === undefined ? [] : [...tags].filter(([, other]) => other > now)
  return { order, state: { tags: new Map([...owing, [caller, tag]]) } }
}
