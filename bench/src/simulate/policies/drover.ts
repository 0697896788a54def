import { HostIndex } from '@drover/shared/scheduling/host-index'
import { loadEveryMs, type HostLoad } from '@drover/shared/scheduling/load'
import { nextPull, type PullSettings } from '@drover/shared/scheduling/pull'
import type { SimHost } from '../sim-host.ts'
import type { Policy, PolicyMaker, World } from '../simulation.ts'
import { KnownLoad } from './known-load.ts'
import { queueName, SimQueues } from './sim-queues.ts'

/** drover: the decisions and the order of its services, over queues in memory. */

const settings: PullSettings = { swapAfterMs: 10_000, backgroundAfterMs: 60_000, batchAfterMs: 600_000 }

/** Through Redis, once it was sent. */
const travelMs = 1

export interface DroverOptions {
  readonly models: readonly string[]
  /** Worker processes, each with every n-th host: of the others' hosts they know what was said some ms ago. */
  readonly processes?: number
}

export const drover =
  ({ models, processes: count = 1 }: DroverOptions): PolicyMaker =>
  (world): Policy => {
    const queues = new SimQueues()
    const loads = world.hosts.map(host => new KnownLoad(host, models))
    const processes = Array.from(
      { length: count },
      (_, at) =>
        new Process(
          world,
          queues,
          loads.filter((_, hostAt) => hostAt % count === at),
        ),
    )
    for (const process of processes)
      process.meet(
        processes.filter(other => other !== process),
        loads.map(({ load }) => load),
      )
    const ownerOf = new Map(world.hosts.map((host, at) => [host, processes[at % count]]))
    return {
      arrived: job => {
        queues.push(job)
        for (const process of processes) process.dispatch()
      },
      ended: (host, job) => ownerOf.get(host)?.changed(host, known => known.end(job)),
      loaded: host => ownerOf.get(host)?.changed(host, known => known.see()),
    }
  }

/** A worker process. */
class Process {
  readonly #world: World
  readonly #queues: SimQueues
  readonly #own: ReadonlyMap<string, KnownLoad>
  readonly #hosts = new HostIndex()
  /** What the other processes last said of theirs. */
  readonly #heard = new Map<string, HostLoad>()
  #others: readonly Process[] = []
  readonly #unsaid = new Map<string, HostLoad>()
  #round = 0

  constructor(world: World, queues: SimQueues, own: readonly KnownLoad[]) {
    this.#world = world
    this.#queues = queues
    this.#own = new Map(own.map(known => [known.load.id, known]))
  }

  meet(others: readonly Process[], loads: readonly HostLoad[]): void {
    this.#others = others
    for (const load of loads) this.#hear(this.#own.has(load.id) ? load : structuredClone(load))
  }

  changed({ spec }: SimHost, change: (known: KnownLoad) => void): void {
    const known = this.#own.get(spec.id)
    if (known === undefined) return
    change(known)
    this.#say(known.load)
    this.dispatch()
  }

  dispatch(): void {
    this.#round += 1
    const left = new Map<string, number>()
    const touched = new Set<HostLoad>()
    for (;;) {
      const lines = this.#queues.lines(this.#world.nowMs, left)
      const pull = nextPull({ hosts: this.#hosts, lines, settings })
      if (pull.kind === 'hold') this.#askAgain(pull.forMs)
      if (pull.kind !== 'take') break
      const known = this.#own.get(pull.hostId)
      const heard = this.#heard.get(pull.hostId)
      if (known !== undefined) this.#take(known, this.#queues.shift(pull.line, this.#world.nowMs))
      else if (heard !== undefined) {
        // Another process's host: the job is left to it, for this round.
        const name = queueName(pull.line)
        left.set(name, (left.get(name) ?? 0) + 1)
        touched.add(heard)
        this.#hosts.set({ ...heard, used: heard.slots })
      }
    }
    for (const load of touched) this.#hosts.set(load)
  }

  #take(known: KnownLoad, job: Parameters<KnownLoad['begin']>[0] | undefined): void {
    if (job === undefined) return
    known.begin(job)
    this.#say(known.load)
    known.host.submit(job)
  }

  /** Only if nothing else happens before. */
  #askAgain(afterMs: number): void {
    const round = this.#round
    this.#world.after(Math.max(1, afterMs), () => {
      if (this.#round === round) this.dispatch()
    })
  }

  #say(load: HostLoad): void {
    this.#hosts.set(load)
    if (this.#others.length === 0) return
    if (this.#unsaid.size === 0) this.#world.after(loadEveryMs + travelMs, () => this.#sayAll())
    this.#unsaid.set(load.id, load)
  }

  /** As it was `travelMs` ago would be truer; the difference is nothing. */
  #sayAll(): void {
    const said = [...this.#unsaid.values()]
    this.#unsaid.clear()
    for (const other of this.#others) {
      for (const load of said) other.#hear(structuredClone(load))
      other.dispatch()
    }
  }

  #hear(load: HostLoad): void {
    this.#hosts.set(load)
    if (!this.#own.has(load.id)) this.#heard.set(load.id, load)
  }
}
