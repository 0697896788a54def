import type { JobClass } from '@drover/shared/queues'
import { seededRandom } from '../../../test/support/random.ts'
import { exponential } from '../random.ts'
import { lengths, type LengthName } from './lengths.ts'
import { meanTokens, serviceMsOf, type HostSpec } from './sim-host.ts'

export interface SimJob {
  readonly arrivedMs: number
  readonly model: string
  readonly caller: string
  readonly class: JobClass
  readonly tokens: number
  startedMs: number
  endedMs: number
}

export interface Workload {
  readonly seed: number
  readonly requests: number
  readonly length: LengthName
  /** Of what the hosts can do. */
  readonly load: number
  /** Evenly mixed. */
  readonly models: readonly string[]
}

/** A Poisson stream. */
export const poissonJobs = (
  specs: readonly HostSpec[],
  { seed, requests, length, load, models }: Workload,
): SimJob[] => {
  const random = seededRandom(seed)
  const meanGapMs = 1 / (load * capacityPerMs(specs))
  let arrivedMs = 0
  return Array.from({ length: requests }, () => {
    arrivedMs += exponential(random, meanGapMs)
    const model = models[Math.floor(random() * models.length)]!
    return newJob({ arrivedMs, model, tokens: tokensOf(length, random) })
  })
}

export const newJob = (job: {
  arrivedMs: number
  model: string
  tokens: number
  caller?: string
  class?: JobClass
}): SimJob => ({
  caller: 'a',
  class: 'interactive',
  startedMs: NaN,
  endedMs: NaN,
  ...job,
})

export const tokensOf = (length: LengthName, random: () => number): number =>
  Math.max(1, Math.round(meanTokens * lengths[length](random)))

/** Jobs of mean length that the hosts end in a ms, all slots busy. */
const capacityPerMs = (specs: readonly HostSpec[]): number =>
  specs.reduce((sum, spec) => sum + spec.slots / serviceMsOf(spec, meanTokens), 0)
