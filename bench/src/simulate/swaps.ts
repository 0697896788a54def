import { drover } from './policies/drover.ts'
import { leastConnections } from './policies/spread.ts'
import type { HostSpec } from './sim-host.ts'
import { simulate, type PolicyMaker } from './simulation.ts'
import { timesOf, totalMs, type Times } from './times.ts'
import { poissonJobs } from './workload.ts'

/** Models that can't be loaded together, on hosts with memory for one each. */

interface SwapSetting {
  readonly models: number
  readonly hosts: number
  readonly slots: number
  readonly loadMs: number
}

const settings: readonly SwapSetting[] = [
  { models: 2, hosts: 4, slots: 1, loadMs: 3_000 },
  { models: 2, hosts: 4, slots: 2, loadMs: 10_000 },
  { models: 3, hosts: 4, slots: 2, loadMs: 10_000 },
  { models: 2, hosts: 1, slots: 2, loadMs: 10_000 },
]
/** The last is more than the hosts can do: nothing may thrash, nothing may starve. */
const loads = [0.7, 0.9, 1.3]

interface SwapRow {
  readonly policy: string
  readonly loads: number
  readonly total: Times
  /** The longest total of a job. */
  readonly maxMs: number
}

export interface SwapCase {
  readonly name: string
  readonly rows: readonly SwapRow[]
}

export const compareSwaps = (requests: number, progress: (name: string) => void): SwapCase[] =>
  settings.flatMap(setting =>
    loads.map(load => {
      const { models: modelCount, hosts, slots, loadMs } = setting
      const name = `${modelCount} models on ${hosts} hosts of ${slots}, loads take ${loadMs / 1000} s; ${load * 100} % load`
      progress(name)
      const models = Array.from({ length: modelCount }, (_, at) => `m${at}`)
      const specs = Array.from({ length: hosts }, (_, at): HostSpec => ({
        id: `h${at}`,
        speed: 1,
        slots,
        memory: 1,
        loadMs,
      }))
      const policies: Readonly<Record<string, PolicyMaker>> = {
        'least connections, two gateways': leastConnections(2),
        drover: drover({ models }),
      }
      const rows = Object.entries(policies).map(([policy, make]): SwapRow => {
        const jobs = poissonJobs(specs, { seed: 1, requests, length: 'log-normal', load, models })
        const after = simulate(specs, jobs, make)
        return {
          policy,
          loads: after.reduce((sum, host) => sum + host.loads, 0),
          total: timesOf(jobs, totalMs),
          maxMs: jobs.reduce((max, job) => Math.max(max, totalMs(job)), 0),
        }
      })
      return { name, rows }
    }),
  )
