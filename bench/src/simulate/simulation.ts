import { Heap } from './heap.ts'
import { SimHost, type HostSpec } from './sim-host.ts'
import type { SimJob } from './workload.ts'

interface Event {
  readonly atMs: number
  readonly seq: number
  readonly run: () => void
}

/** What a policy sees of the world, and what it can do. */
export interface World {
  readonly hosts: readonly SimHost[]
  readonly nowMs: number
  after(delayMs: number, run: () => void): void
}

/** Who decides where a job runs. Gives each to a host by `host.submit`, once. */
export interface Policy {
  readonly arrived: (job: SimJob) => void
  readonly ended: (host: SimHost, job: SimJob) => void
  /** A model was loaded. */
  readonly loaded?: (host: SimHost) => void
}

export type PolicyMaker = (world: World) => Policy

/** Runs all jobs to their end. They are written to: a list is good for one run. */
export const simulate = (
  specs: readonly HostSpec[],
  jobs: readonly SimJob[],
  makePolicy: PolicyMaker,
): readonly SimHost[] => {
  const events = new Heap<Event>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq))
  let seq = 0
  const world = {
    nowMs: 0,
    hosts: [] as readonly SimHost[],
    after: (delayMs: number, run: () => void) => events.push({ atMs: world.nowMs + delayMs, seq: seq++, run }),
  }
  world.hosts = specs.map(
    spec =>
      new SimHost(spec, world, {
        ended: (host, job) => policy.ended(host, job),
        loaded: host => policy.loaded?.(host),
      }),
  )
  const policy = makePolicy(world)
  let at = 0
  for (;;) {
    const job = jobs[at]
    const event = events.first
    if (job !== undefined && (event === undefined || job.arrivedMs <= event.atMs)) {
      world.nowMs = job.arrivedMs
      at += 1
      policy.arrived(job)
    } else if (event !== undefined) {
      events.pop()
      world.nowMs = event.atMs
      event.run()
    } else return world.hosts
  }
}
