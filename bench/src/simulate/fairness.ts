import { idealQueue } from './policies/central.ts'
import { drover } from './policies/drover.ts'
import { seededRandom } from '../../../test/support/random.ts'
import { meanTokens, serviceMsOf, type HostSpec } from './sim-host.ts'
import { simulate, type PolicyMaker } from './simulation.ts'
import { timesOf, waitMs, type Times } from './times.ts'
import { newJob, tokensOf, type SimJob } from './workload.ts'

/** One caller has thousands of requests waiting; then another comes with a few, one every two service times. */

const greedyRequests = 10_000
const modestRequests = 100
const model = 'm'

const policies: Readonly<Record<string, PolicyMaker>> = {
  'first come, first served': idealQueue,
  drover: drover({ models: [model] }),
}

export interface FairnessRow {
  readonly policy: string
  readonly hosts: string
  /** Of the other caller's requests, in mean service times. */
  readonly wait: Times
}

export const compareFairness = (): FairnessRow[] =>
  [1, 4].flatMap(slots => {
    const specs = ['a', 'b'].map((id): HostSpec => ({ id, speed: 1, slots, memory: 1, loadMs: 10_000 }))
    const serviceMs = serviceMsOf({ id: '', speed: 1, slots, memory: 1, loadMs: 0 }, meanTokens)
    return Object.entries(policies).map(([policy, make]) => {
      const jobs = twoCallers(serviceMs)
      simulate(specs, jobs, world => {
        for (const host of world.hosts) host.preload(model)
        return make(world)
      })
      const modest = jobs.filter(job => job.caller === 'modest')
      return { policy, hosts: `2 hosts of ${slots}`, wait: timesOf(modest, job => waitMs(job) / serviceMs) }
    })
  })

const twoCallers = (serviceMs: number): SimJob[] => {
  const random = seededRandom(1)
  const job = (caller: string, arrivedMs: number): SimJob =>
    newJob({ caller, arrivedMs, model, tokens: tokensOf('log-normal', random) })
  return [
    ...Array.from({ length: greedyRequests }, () => job('greedy', 0)),
    ...Array.from({ length: modestRequests }, (_, at) => job('modest', 2 * at * serviceMs)),
  ]
}
