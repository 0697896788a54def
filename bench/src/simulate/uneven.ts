import { idealQueue, anyFreeHost } from './policies/central.ts'
import { drover } from './policies/drover.ts'
import { leastConnections, randomHost, roundRobin, weighted } from './policies/spread.ts'
import type { LengthName } from './lengths.ts'
import type { HostSpec } from './sim-host.ts'
import { simulate, type PolicyMaker } from './simulation.ts'
import { meanTimes, timesOf, totalMs, waitMs, type Times } from './times.ts'
import { poissonJobs } from './workload.ts'

/** One model on hosts of different speeds: who should take which job? */

const model = 'm'
const host = (id: string, speed: number, slots: number): HostSpec => ({ id, speed, slots, memory: 1, loadMs: 10_000 })

const fleets: Readonly<Record<string, readonly HostSpec[]>> = {
  'speeds 4:1, slots 4 and 2': [host('a', 4, 4), host('b', 1, 2)],
  'speeds 1:2:4, a slot each': [host('a', 1, 1), host('b', 2, 1), host('c', 4, 1)],
  'speeds 1:2:4, 4 slots each': [host('a', 1, 4), host('b', 2, 4), host('c', 4, 4)],
}
const loads = [0.7, 0.85, 0.95]
const lengthNames: readonly LengthName[] = ['log-normal', 'pareto']
const seeds = [1, 2]

/** The first is what the others are compared with. */
const policies: Readonly<Record<string, PolicyMaker>> = {
  'central queue, fastest free host': idealQueue,
  drover: drover({ models: [model] }),
  'drover, two worker processes': drover({ models: [model], processes: 2 }),
  'central queue, any free host': anyFreeHost,
  'least connections, two gateways': leastConnections(2),
  'weighted by true speed': weighted,
  'round robin': roundRobin,
  random: randomHost,
}

interface UnevenRow {
  readonly policy: string
  readonly wait: Times
  readonly total: Times
}

export interface UnevenCase {
  readonly name: string
  readonly rows: readonly UnevenRow[]
}

/** @param progress called before each case. */
export const compareUneven = (requests: number, progress: (name: string) => void): UnevenCase[] =>
  Object.entries(fleets).flatMap(([fleet, specs]) =>
    lengthNames.flatMap(length =>
      loads.map(load => {
        const name = `${fleet}; ${length} lengths; ${load * 100} % load`
        progress(name)
        const rows = Object.entries(policies).map(([policy, make]): UnevenRow => {
          const runs = seeds.map(seed => {
            const jobs = poissonJobs(specs, { seed, requests, length, load, models: [model] })
            simulate(specs, jobs, world => {
              for (const warm of world.hosts) warm.preload(model)
              return make(world)
            })
            return { wait: timesOf(jobs, waitMs), total: timesOf(jobs, totalMs) }
          })
          return { policy, wait: meanTimes(runs.map(run => run.wait)), total: meanTimes(runs.map(run => run.total)) }
        })
        return { name, rows }
      }),
    ),
  )
