import { HostIndex } from '@drover/shared/scheduling/host-index'
import type { HostLoad } from '@drover/shared/scheduling/load'
import { LoadView } from '@drover/shared/scheduling/load-view'

/** A host that was left a job and did not take it in so long is thought not to; its load says so every 10 ms. */
const patienceMs = 300

/** For so long nothing more is left to it. */
const distrustMs = 1_000

interface Left {
  /** First and last time, with no longer than `patienceMs` between any two. */
  readonly sinceMs: number
  readonly lastMs: number
  readonly used: number
}

/**
 * Every host's load: exact for this process's own; of the others what they said, and what was left to them since. That
 * another process's host takes a job that was left to it is expected, not known: one that does not must not hold it up.
 * Times are `performance.now()`.
 */
export class FleetLoads {
  readonly index = new HostIndex()
  readonly #loads = new Map<string, HostLoad>()
  /** Hosts of the configuration: there is no use in hearing of others. */
  readonly #hostIds: readonly string[]
  readonly #own = new Set<string>()
  readonly #heard = new LoadView()
  /** What is in the index of another process's host, as it was said. */
  readonly #believed = new Map<string, HostLoad>()
  readonly #left = new Map<string, Left>()
  readonly #distrustedUntilMs = new Map<string, number>()

  constructor(hostIds: readonly string[]) {
    this.#hostIds = hostIds
  }

  /** Of all hosts that anything is known of. */
  all(): Iterable<HostLoad> {
    return this.#loads.values()
  }

  /** Undefined for a host that nothing was heard of. */
  get(hostId: string): HostLoad | undefined {
    return this.#loads.get(hostId)
  }

  /** Undefined for another process's host. */
  own(hostId: string): HostLoad | undefined {
    return this.#own.has(hostId) ? this.get(hostId) : undefined
  }

  setOwn(load: HostLoad): void {
    this.#own.add(load.id)
    this.#believed.delete(load.id)
    this.#left.delete(load.id)
    this.#set(load)
  }

  /** Another process looks after it from now on. */
  giveUp(hostId: string): void {
    this.#own.delete(hostId)
    this.#delete(hostId)
  }

  /** A message of the load channel. Answers whether a job that was left to a host may have been taken by now. */
  hear(message: string, nowMs: number): boolean {
    this.#heard.hear(message, nowMs)
    return this.refresh(nowMs)
  }

  /** Closes those that fell silent. Answers as `hear`. */
  refresh(nowMs: number): boolean {
    let expected = false
    for (const told of this.#heard.all(this.#hostIds, nowMs)) {
      if (this.#own.has(told.id) || this.#believed.get(told.id) === told) continue
      this.#believed.set(told.id, told)
      const left = this.#left.get(told.id)
      if (left !== undefined && told.used !== left.used) this.#left.delete(told.id)
      expected ||= left !== undefined
      const trusted = (this.#distrustedUntilMs.get(told.id) ?? 0) <= nowMs
      this.#set(trusted ? told : { ...told, open: false })
    }
    return expected
  }

  /** Leaves a job of the model to another process's host. False when that host is not to be trusted with it. */
  leave(hostId: string, model: string, nowMs: number): boolean {
    const load = this.#loads.get(hostId)
    const told = this.#believed.get(hostId)
    if (load === undefined || told === undefined) {
      this.#delete(hostId)
      return false
    }
    const before = this.#left.get(hostId)
    const left = before !== undefined && nowMs - before.lastMs <= patienceMs ? before : undefined
    if (left !== undefined && nowMs - left.sinceMs > patienceMs) {
      this.#left.delete(hostId)
      this.#distrustedUntilMs.set(hostId, nowMs + distrustMs)
      this.#set({ ...load, open: false })
      return false
    }
    this.#left.set(hostId, { sinceMs: left?.sinceMs ?? nowMs, lastMs: nowMs, used: told.used })
    this.#set(withJob(load, model))
    return true
  }

  #set(load: HostLoad): void {
    this.#loads.set(load.id, load)
    this.index.set(load)
  }

  #delete(hostId: string): void {
    this.#loads.delete(hostId)
    this.index.delete(hostId)
  }
}

/** The load with one more job of the model. */
const withJob = (load: HostLoad, model: string): HostLoad => {
  const group = load.groups[model]
  const groups = group === undefined ? load.groups : { ...load.groups, [model]: { ...group, used: group.used + 1 } }
  return { ...load, used: load.used + 1, groups }
}
