import type { GroupLoad, HostLoad } from './load.ts'
import { expectedServiceMs, meanTokens } from './service.ts'

/** How long a job will wait, from what is known before it does. What admission refuses by and clients are told. */

export interface WaitQuestion {
  readonly model: string
  /** Closed ones count for nothing. */
  readonly hosts: readonly HostLoad[]
  /** Jobs that wait for any host, per model: those of other models share its hosts. */
  readonly waiting: ReadonlyMap<string, number>
}

/** Every answer is undefined while nothing was measured, or no host is open. */
export interface Waits {
  /** How long a job is expected to run, ms. */
  readonly runMs: number | undefined
  /** Output tokens of a job. */
  readonly tokens: number | undefined
  /**
   * 0 when a slot is free for it now.
   * @param ahead jobs that will be started before it.
   */
  waitMs(ahead: number): number | undefined
  /**
   * The most jobs that may be ahead of one that is to end in time; -1 when it would be late even as the first. One for
   * which a slot is free is not late: it may be shorter than the mean. While no host has the model loaded, that is any
   * slot: if all were refused, nobody would ever load it.
   */
  aheadMax(deadlineMs: number): number | undefined
}

/**
 * What the expected wait and answer may fill of the deadline, the answer taken to be twice the mean: half of all are longer
 * than expected, and lengths have heavy tails. With 0.9 and the mean itself, 4.6 % of those let in at 150 % load were late.
 */
const deadlineShare = 0.8
const runShare = 2

/** Linear in the hosts: one for many requests. Its answers cost the same whatever the fleet. */
export const waitsOf = (question: WaitQuestion): Waits => {
  const { warm, cold, tokens } = pacesOf(question)
  const { slots, perMs } = warm.perMs > 0 ? warm : cold
  const runMs = perMs > 0 ? slots / perMs : undefined
  return {
    runMs,
    tokens,
    waitMs(ahead) {
      if (ahead < warm.free) return 0
      return runMs === undefined ? undefined : Math.min(waitAt(warm, ahead), waitAt(cold, ahead))
    },
    aheadMax(deadlineMs) {
      if (runMs === undefined) return undefined
      const leftMs = deadlineMs * deadlineShare - runMs * runShare
      const { free } = warm.slots > 0 ? warm : cold
      return Math.max(-1, free - 1, startedWithin(leftMs, warm), startedWithin(leftMs, cold))
    },
  }
}

/** What a set of hosts can do for a group. */
interface Pace {
  /** Before the first can start; Infinity when there is nothing to load. */
  readonly loadMs: number
  /** For it now. */
  readonly free: number
  /** Its share of the slots. */
  readonly slots: number
  /** Jobs ended, when all its slots are busy; 0 when nothing was measured. */
  readonly perMs: number
}

const waitAt = ({ loadMs, free, perMs }: Pace, ahead: number): number =>
  perMs === 0 ? Infinity : loadMs + Math.max(0, ahead - free + 1) / perMs

/** The most jobs ahead of one that starts so soon. */
const startedWithin = (ms: number, { loadMs, free, perMs }: Pace): number =>
  loadMs > ms ? -1 : Math.floor((ms - loadMs) * perMs) + free - 1

interface Member {
  readonly host: HostLoad
  readonly group: GroupLoad
}

interface Paces {
  /** Where it is loaded. */
  readonly warm: Pace
  /** Everywhere, when the others load it too. */
  readonly cold: Pace
  readonly tokens: number | undefined
}

const pacesOf = ({ model, hosts, waiting }: WaitQuestion): Paces => {
  const members = hosts.flatMap((host): Member[] => {
    const group = Object.hasOwn(host.groups, model) ? host.groups[model] : undefined
    return host.open && group !== undefined ? [{ host, group }] : []
  })
  const others = [...waiting].flatMap(([name, count]) => (count > 0 && name !== model ? [name] : []))
  const tokens = meanTokens(members.map(member => member.group))
  const measured = members.flatMap(member => expectedServiceMs(member.group, tokens) ?? [])
  const meanMs = measured.reduce((sum, ms) => sum + ms, 0) / measured.length
  const warm = { loadMs: 0, free: 0, slots: 0, perMs: 0 }
  const cold = { loadMs: Infinity, free: 0, slots: 0, perMs: 0 }
  for (const { host, group } of members) {
    const free = Math.max(0, Math.min(host.slots - host.used, group.slots - group.used))
    const slots = Math.min(group.slots, host.slots / sharers(host, others))
    // Nothing measured: no pace. No job is so short that any number of them fits.
    const perMs = slots / Math.max(1, expectedServiceMs(group, tokens) ?? meanMs) || 0
    for (const pace of group.loaded ? [warm, cold] : [cold]) {
      pace.free += free
      pace.slots += slots
      pace.perMs += perMs
    }
    if (!group.loaded) cold.loadMs = Math.min(cold.loadMs, group.loadMs)
  }
  return { warm, cold, tokens }
}

/** Models that take turns on the host: this one, and those in its memory for which jobs wait. */
const sharers = ({ groups }: HostLoad, others: readonly string[]): number =>
  others.reduce((count, name) => (Object.hasOwn(groups, name) && groups[name]?.loaded ? count + 1 : count), 1)
