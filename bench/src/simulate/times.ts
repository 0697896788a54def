import { percentile } from '../statistics.ts'
import type { SimJob } from './workload.ts'

/** In ms, unless whoever has them says otherwise. */
export interface Times {
  readonly mean: number
  readonly p95: number
  readonly p99: number
}

/** Of some measure of each job, in its unit. */
export const timesOf = (jobs: readonly SimJob[], measure: (job: SimJob) => number): Times => {
  const values = jobs.map(measure)
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    p95: percentile(values, 0.95),
    p99: percentile(values, 0.99),
  }
}

export const waitMs = (job: SimJob): number => job.startedMs - job.arrivedMs
export const totalMs = (job: SimJob): number => job.endedMs - job.arrivedMs

/** Field by field, of runs with different seeds. */
export const meanTimes = (all: readonly Times[]): Times => {
  const mean = (field: keyof Times): number => all.reduce((sum, times) => sum + times[field], 0) / all.length
  return { mean: mean('mean'), p95: mean('p95'), p99: mean('p99') }
}
