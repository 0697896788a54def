import { describe, expect, test } from 'vitest'
import { compareFairness } from './fairness.ts'
import { idealQueue } from './policies/central.ts'
import { drover } from './policies/drover.ts'
import { leastConnections } from './policies/spread.ts'
import type { HostSpec } from './sim-host.ts'
import { simulate, type PolicyMaker } from './simulation.ts'
import { meanTimes, timesOf, totalMs } from './times.ts'
import { poissonJobs, type Workload } from './workload.ts'

const uneven: readonly HostSpec[] = [
  { id: 'a', speed: 4, slots: 4, memory: 1, loadMs: 3_000 },
  { id: 'b', speed: 1, slots: 2, memory: 1, loadMs: 3_000 },
]
const equal = (count: number): HostSpec[] =>
  Array.from({ length: count }, (_, at) => ({ id: `h${at}`, speed: 1, slots: 1, memory: 1, loadMs: 3_000 }))

const run = (specs: readonly HostSpec[], workload: Partial<Workload>, policy: PolicyMaker, preloaded?: string) => {
  const full: Workload = { seed: 1, requests: 8_000, length: 'log-normal', load: 0.7, models: ['m'], ...workload }
  const jobs = poissonJobs(specs, full)
  const hosts = simulate(specs, jobs, world => {
    for (const host of world.hosts) if (preloaded !== undefined) host.preload(preloaded)
    return policy(world)
  })
  return { jobs, total: timesOf(jobs, totalMs), loads: hosts.reduce((sum, host) => sum + host.loads, 0) }
}

describe('a simulation', () => {
  test.each([
    { name: 'drover', policy: drover({ models: ['m', 'n'] }) },
    { name: 'drover of two processes', policy: drover({ models: ['m', 'n'], processes: 2 }) },
    { name: 'least connections', policy: leastConnections(2) },
  ])('$name ends every job once, and after its service time', ({ policy }) => {
    const { jobs } = run(equal(3), { load: 1.2, requests: 1_000, models: ['m', 'n'] }, policy)
    for (const job of jobs) {
      expect(job.startedMs).toBeGreaterThanOrEqual(job.arrivedMs)
      expect(job.endedMs - job.startedMs).toBeCloseTo(200 + (job.tokens - 1) * 40, 3)
    }
  })

  test('the same seed gives the same requests', () => {
    const workload = { seed: 7, requests: 50, length: 'pareto', load: 0.9, models: ['m'] } as const
    expect(poissonJobs(uneven, workload)).toEqual(poissonJobs(uneven, workload))
  })
})

describe('drover, simulated', () => {
  test.each([0.7, 0.85, 0.95])('is within 5 % of the ideal queue on uneven hosts at a load of %d', load => {
    const totals = (policy: PolicyMaker) =>
      meanTimes([2, 3, 4].map(seed => run(uneven, { load, seed, requests: 5_000 }, policy, 'm').total))
    const ideal = totals(idealQueue)
    for (const processes of [1, 2]) {
      const { mean, p95 } = totals(drover({ models: ['m'], processes }))
      expect(mean / ideal.mean).toBeLessThan(1.05)
      // 15,000 requests at 95 % tell p95 to some percent; with 900,000 it is 1.00 here.
      expect(p95 / ideal.p95).toBeLessThan(load < 0.8 ? 0.95 : 1.05)
    }
  })

  test('loads two models that exclude each other five times less than least connections does, and answers sooner', () => {
    const workload = { models: ['m', 'n'], requests: 3_000 }
    const peer = run(equal(4), workload, leastConnections(2))
    const ours = run(equal(4), workload, drover({ models: ['m', 'n'] }))
    expect(ours.loads * 5).toBeLessThan(peer.loads)
    expect(ours.total.p95).toBeLessThan(peer.total.p95)
  })

  test('does not thrash when both models have too much to do, and neither starves', () => {
    const { jobs, loads } = run(
      equal(4),
      { models: ['m', 'n'], load: 1.5, requests: 3_000 },
      drover({ models: ['m', 'n'] }),
    )
    expect(loads).toBeLessThan(30)
    const last = (model: string): number => Math.max(...jobs.filter(job => job.model === model).map(totalMs))
    expect(last('m') / last('n')).toBeGreaterThan(0.5)
    expect(last('m') / last('n')).toBeLessThan(2)
  })

  test('serves more models than fit, each in bounded time', () => {
    const models = ['m', 'n', 'o', 'p', 'q']
    const { jobs } = run(equal(4), { models, load: 0.7, requests: 3_000 }, drover({ models }))
    expect(Math.max(...jobs.map(job => job.startedMs - job.arrivedMs))).toBeLessThan(120_000)
  })

  test('a caller with 10,000 requests waiting hardly delays another', () => {
    const waits = compareFairness().filter(({ policy }) => policy === 'drover')
    for (const { wait } of waits) expect(wait.mean).toBeLessThan(2)
  })
})
