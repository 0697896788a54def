import { pullerNames, type PullerName } from '../pull-bed.ts'
import { median, percentile } from '../statistics.ts'

/** What is read of one run of jobs on one worker. CPU is undefined on a machine without /proc. */
export interface Sample {
  readonly wallMs: number
  /** One per job. */
  readonly latenciesMs: readonly number[]
  readonly workerCpuMs: number | undefined
  readonly redisCpuMs: number | undefined
  /** Scripts that the worker called. */
  readonly scripts: number
  /** Times that the worker blocked for a job. */
  readonly waits: number
}

const figureNames = ['p50Us', 'p95Us', 'perS', 'workerCpuMs', 'redisCpuMs', 'scripts', 'waits'] as const
export type FigureName = (typeof figureNames)[number]

/** Latencies and jobs per second; everything else is per job. */
export type Figures = Readonly<Record<FigureName, number | undefined>>
export type Round = Readonly<Record<PullerName, Figures>>

export interface Summary {
  readonly median: Round
  /** By hand ÷ BullMQ `Worker`. Taken within a round, where both saw the same machine, and then the median. */
  readonly ratio: Figures
}

/** Of samples taken one after another, as if they were one. */
export const figures = (samples: readonly Sample[]): Figures => {
  const latenciesMs = samples.flatMap(sample => sample.latenciesMs)
  const perJob = (value: (sample: Sample) => number | undefined): number | undefined => {
    const values = samples.map(value).filter(value => value !== undefined)
    return values.length < samples.length ? undefined : sum(values) / latenciesMs.length
  }
  return {
    p50Us: percentile(latenciesMs, 0.5) * 1_000,
    p95Us: percentile(latenciesMs, 0.95) * 1_000,
    perS: (latenciesMs.length * 1_000) / sum(samples.map(({ wallMs }) => wallMs)),
    workerCpuMs: perJob(({ workerCpuMs }) => workerCpuMs),
    redisCpuMs: perJob(({ redisCpuMs }) => redisCpuMs),
    scripts: perJob(({ scripts }) => scripts),
    waits: perJob(({ waits }) => waits),
  }
}

export const summarize = (rounds: readonly Round[]): Summary => {
  const medians = pullerNames.map(name => [name, each(figure => medianOf(rounds.map(round => round[name][figure])))])
  return {
    median: Object.fromEntries(medians) as Round,
    ratio: each(figure =>
      medianOf(rounds.map(round => quotient(round['by hand'][figure], round['BullMQ Worker'][figure]))),
    ),
  }
}

const each = (value: (figure: FigureName) => number | undefined): Figures =>
  Object.fromEntries(figureNames.map(name => [name, value(name)])) as Figures

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const medianOf = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter(value => value !== undefined)
  return known.length === 0 ? undefined : median(known)
}

/** Less CPU than a clock tick reads as none, and nothing can be compared with it. */
const quotient = (own: number | undefined, other: number | undefined): number | undefined =>
  own === undefined || other === undefined || other === 0 ? undefined : own / other
