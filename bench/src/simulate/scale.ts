import { HostIndex } from '@drover/shared/scheduling/host-index'
import type { GroupLoad, HostLoad } from '@drover/shared/scheduling/load'
import { nextPull } from '@drover/shared/scheduling/pull'
import { drover } from './policies/drover.ts'
import { seededRandom } from '../../../test/support/random.ts'
import type { HostSpec } from './sim-host.ts'
import { simulate } from './simulation.ts'
import { timesOf, totalMs, type Times } from './times.ts'
import { poissonJobs } from './workload.ts'

/** What deciding costs, in a simulation and by itself. */

const model = 'm'
const speeds = [1, 2, 4]

export interface ScaleRun {
  readonly hosts: number
  readonly requests: number
  readonly wallS: number
  readonly total: Times
}

export const runScale = (hosts: number, requests: number): ScaleRun => {
  const specs = Array.from({ length: hosts }, (_, at): HostSpec => ({
    id: `h${at}`,
    speed: speeds[at % 3] ?? 1,
    slots: 2,
    memory: 1,
    loadMs: 10_000,
  }))
  const jobs = poissonJobs(specs, { seed: 1, requests, length: 'log-normal', load: 0.85, models: [model] })
  const begun = performance.now()
  simulate(specs, jobs, drover({ models: [model] }))
  return { hosts, requests, wallS: (performance.now() - begun) / 1000, total: timesOf(jobs, totalMs) }
}

export interface DecisionCost {
  readonly hosts: number
  readonly waiting: number
  /** A decision. */
  readonly decideNs: number
  /** A decision, and telling the index that a slot was taken and another became free. */
  readonly pullNs: number
}

/** Jobs come and go on a fleet whose slots are nearly all in use. */
export const decisionCost = (hosts: number, waiting: number, decisions: number): DecisionCost => {
  const loads = Array.from({ length: hosts }, (_, at) => loadOf(`h${at}`, speeds[at % 3] ?? 1))
  const byId = new Map(loads.map(load => [load.id, load]))
  const index = new HostIndex(loads)
  const line = { model, class: 'interactive', waiting, headWaitMs: 60_000, unservedMs: 0 } as const
  const state = {
    hosts: index,
    lines: [line],
    settings: { swapAfterMs: 10_000, backgroundAfterMs: 60_000, batchAfterMs: 600_000 },
  }
  const random = seededRandom(1)
  const change = (load: HostLoad | undefined, by: number): void => {
    const group = load?.groups[model]
    if (load === undefined || group === undefined) return
    load.used += by
    group.used += by
    index.set(load)
  }
  const round = (): void => {
    const pull = nextPull(state)
    if (pull.kind === 'take') change(byId.get(pull.hostId), 1)
    const busy = loads[Math.floor(random() * loads.length)]
    if (pull.kind === 'nothing' || random() < 0.8) change(busy, busy !== undefined && busy.used > 0 ? -1 : 0)
  }
  return {
    hosts,
    waiting,
    pullNs: nsEach(decisions, round),
    decideNs: nsEach(decisions, () => nextPull(state)),
  }
}

const nsEach = (count: number, run: () => unknown): number => {
  for (let at = 0; at < count / 10; at += 1) run()
  const begun = performance.now()
  for (let at = 0; at < count; at += 1) run()
  return ((performance.now() - begun) / count) * 1e6
}

const loadOf = (id: string, speed: number): HostLoad => {
  const group: GroupLoad = {
    slots: 4,
    used: 0,
    loaded: true,
    loadMs: 10_000,
    speed: { firstTokenMs: 200 / speed, tokenMs: 40 / speed, tokens: 100, promptCharMs: 0 },
  }
  return { id, open: true, slots: 4, used: 0, groups: { [model]: group } }
}
