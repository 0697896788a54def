import type { JobClass } from '../queues.ts'
import { completions, holdBackMs } from './hold-back.ts'
import type { HostIndex } from './host-index.ts'
import { msOf } from './speed-bins.ts'
import { hostToLoad } from './swap.ts'

/** Jobs of one model and class that wait for whichever host. */
export interface Line {
  readonly model: string
  readonly class: JobClass
  /** At least one; what is known of it (jobs may be taken by others). */
  readonly waiting: number
  /** How long the job at its head has waited, ms. */
  readonly headWaitMs: number
  /** Since a job was last taken from it while it had any, ms: what starvation is measured by. */
  readonly unservedMs: number
}

export interface PullState {
  readonly hosts: HostIndex
  readonly lines: readonly Line[]
  readonly settings: PullSettings
}

export interface PullSettings {
  /** A line whose model no host would swap in gets one anyway when it was not served for so long. */
  readonly swapAfterMs: number
  /** A background line is as urgent as an interactive one when it was not served for so long. */
  readonly backgroundAfterMs: number
  readonly batchAfterMs: number
}

export type Pull =
  /** This host should take the head of this line now. */
  | { readonly kind: 'take'; readonly hostId: string; readonly line: Line }
  /** Jobs wait and slots are free, but a better host is expected soon. Ask again then, or when anything changes. */
  | { readonly kind: 'hold'; readonly forMs: number }
  | { readonly kind: 'nothing' }

/**
 * What to do next. Asked again after every take, with the slot counted as used, until it answers something else.
 * The most urgent line that a host can take is taken from; of several hosts, the one that is expected to end it first.
 */
export const nextPull = (state: PullState): Pull => {
  let taken: Line | undefined
  let hostId: string | undefined
  let forMs = Infinity
  for (const line of state.lines) {
    if (taken !== undefined && !isMoreUrgent(line, taken, state.settings)) continue
    const answer = hostFor(line, state)
    if (typeof answer === 'number') forMs = Math.min(forMs, answer)
    else if (answer !== undefined) {
      taken = line
      hostId = answer
    }
  }
  if (taken !== undefined && hostId !== undefined) return { kind: 'take', hostId, line: taken }
  return forMs === Infinity ? nothing : { kind: 'hold', forMs }
}

const nothing: Pull = { kind: 'nothing' }

/** A host's id; or for how long the free ones leave the line alone, ms; undefined when none is free for it. */
const hostFor = (line: Line, state: PullState): string | number | undefined => {
  const group = state.hosts.group(line.model)
  if (group === undefined) return undefined
  const { warm, cold } = group
  if (warm.best === undefined && cold.best === undefined) return undefined
  const waiting = waitingUpTo(line, state)
  const heldMs = warm.best === undefined ? 0 : holdBackMs(warm.best, waiting, line.headWaitMs)
  if (heldMs > 0) return heldMs
  if (cold.best === undefined) return warm.best?.host.id
  const later = completions(group, waiting)
  const warmEndMs = warm.best === undefined ? later.waitMs + later.serviceMs : msOf(warm.best.bin)
  const demand = { group, waiting, warmEndMs, unservedMs: line.unservedMs, swapAfterMs: state.settings.swapAfterMs }
  const loads = hostToLoad(demand, model => waitingOf(model, rank(line, state.settings), state))
  return (loads ?? warm.best)?.host.id
}

/** In this line, and in those of its model that are served before it. */
const waitingUpTo = (line: Line, { lines, settings }: PullState): number => {
  let waiting = line.waiting
  for (const other of lines)
    if (other !== line && other.model === line.model && isMoreUrgent(other, line, settings)) waiting += other.waiting
  return waiting
}

const waitingOf = (model: string, rankMax: number, { lines, settings }: PullState): number => {
  let waiting = 0
  for (const line of lines) if (line.model === model && rank(line, settings) <= rankMax) waiting += line.waiting
  return waiting
}

/** A total order, the same in every process: class, then who was not served for longest. */
const isMoreUrgent = (a: Line, b: Line, settings: PullSettings): boolean => {
  const ranks = rank(a, settings) - rank(b, settings)
  if (ranks !== 0) return ranks < 0
  if (a.unservedMs !== b.unservedMs) return a.unservedMs > b.unservedMs
  return a.model === b.model ? a.class < b.class : a.model < b.model
}

const rank = (line: Line, { backgroundAfterMs, batchAfterMs }: PullSettings): number => {
  if (line.class === 'interactive') return 0
  if (line.class === 'background') return line.unservedMs >= backgroundAfterMs ? 0 : 1
  return line.unservedMs >= batchAfterMs ? 0 : 2
}
