import { queues } from '@drover/shared/queues'
import { HostIndex } from '@drover/shared/scheduling/host-index'
import type { HostLoad } from '@drover/shared/scheduling/load'
import { nextPull, type Line, type Pull, type PullSettings } from '@drover/shared/scheduling/pull'
import { hostToWarm } from '@drover/shared/scheduling/warm-up'
import type { DispatchPool } from './dispatcher.ts'
import type { FleetLoads } from './fleet-loads.ts'
import type { Lines } from './lines.ts'

const nothing: Pull = { kind: 'nothing' }

export const groupQueue = (line: Line): string => queues.group(line.model, line.class)

/** `nextPull` over what is known at this moment. */
export class Decisions {
  readonly #lines: Lines
  readonly #loads: FleetLoads
  readonly #settings: PullSettings
  /** Each host as if there were no other: what its own queues are decided on. */
  readonly #alone = new Map<string, HostIndex>()

  constructor(lines: Lines, loads: FleetLoads, settings: PullSettings) {
    this.#lines = lines
    this.#loads = loads
    this.#settings = settings
  }

  /** Which host takes which group's job. */
  shared(): Pull {
    return this.#sharedOf(this.#lines.shared(performance.now()))
  }

  /** The same for those that a host's own jobs have kept waiting for so long that they come first: own queues may never be empty. */
  overdue(): Pull {
    return this.#sharedOf(this.#lines.shared(performance.now()).filter(line => isOverdue(line, this.#settings)))
  }

  #sharedOf(lines: readonly Line[]): Pull {
    if (lines.length === 0) return nothing
    return nextPull({ hosts: this.#loads.index, lines, settings: this.#settings })
  }

  /** Which of the jobs on its own queues the host takes. */
  bound(host: HostLoad): Pull {
    const lines = this.#lines.bound(host.id, performance.now())
    if (lines.length === 0) return nothing
    const hosts = this.#alone.get(host.id) ?? new HostIndex()
    this.#alone.set(host.id, hosts)
    hosts.set(host)
    return nextPull({ hosts, lines, settings: this.#settings })
  }

  /** Whether the host takes the next job of `queue`, once its load is `freed`. */
  isNext(queue: string, freed: HostLoad, now: HostLoad): boolean {
    this.#loads.setOwn(freed)
    const next = this.#queueFor(freed)
    this.#loads.setOwn(now)
    return next === queue
  }

  /** In the order of `Dispatcher.pump`. */
  #queueFor(host: HostLoad): string | undefined {
    const overdue = this.overdue()
    if (overdue.kind !== 'take') {
      const bound = this.bound(host)
      if (bound.kind === 'take') return queues.host(host.id, bound.line.model)
    }
    const pull = overdue.kind === 'take' ? overdue : this.shared()
    return pull.kind === 'take' && pull.hostId === host.id ? groupQueue(pull.line) : undefined
  }

  /** A host of this process that should load a model which jobs wait for. */
  toWarm(pools: ReadonlyMap<string, DispatchPool>): { pool: DispatchPool; model: string } | undefined {
    const isWarming = (hostId: string): boolean => pools.get(hostId)?.mayWarm !== true
    for (const [model, waiting] of this.#waiting()) {
      const group = this.#loads.index.group(model)
      if (group === undefined || group.warm.best !== undefined) continue
      const hostId = hostToWarm(group, waiting, warmingSlots(pools, model), isWarming)?.host.id
      const pool = hostId === undefined ? undefined : pools.get(hostId)
      if (pool !== undefined) return { pool, model }
    }
    return undefined
  }

  /** Jobs for whichever host, per model. */
  #waiting(): Map<string, number> {
    const waiting = new Map<string, number>()
    for (const line of this.#lines.shared(performance.now()))
      waiting.set(line.model, (waiting.get(line.model) ?? 0) + line.waiting)
    return waiting
  }

  forget(hostId: string): void {
    this.#alone.delete(hostId)
  }
}

/** Jobs that nobody is in a hurry for wait as long as they would behind others of the group. */
const isOverdue = (line: Line, { swapAfterMs, backgroundAfterMs, batchAfterMs }: PullSettings): boolean => {
  if (line.class === 'interactive') return line.headWaitMs >= swapAfterMs
  return line.unservedMs >= (line.class === 'background' ? backgroundAfterMs : batchAfterMs)
}

/** Of hosts that load the model now. */
const warmingSlots = (pools: ReadonlyMap<string, DispatchPool>, model: string): number => {
  let slots = 0
  for (const pool of pools.values()) if (pool.warming === model) slots += pool.load().groups[model]?.slots ?? 0
  return slots
}
