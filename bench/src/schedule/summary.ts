import { percentile } from '../statistics.ts'
import type { Ending, Outcome } from './client.ts'

export interface Spread {
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface Summary {
  readonly count: number
  readonly endings: Readonly<Partial<Record<Ending, number>>>
  /** Of those that ended well, and of those we gave up as far as they had come: what never ended counts at least its age. */
  readonly firstTokenMs: Spread
  readonly totalMs: Spread
}

export const spread = (values: readonly number[]): Spread => ({
  mean: values.reduce((sum, value) => sum + value, 0) / values.length,
  p50: share(values, 0.5),
  p95: share(values, 0.95),
  p99: share(values, 0.99),
})

const share = (values: readonly number[], of: number): number => (values.length === 0 ? NaN : percentile(values, of))

export const summarize = (outcomes: readonly Outcome[]): Summary => {
  const endings: Partial<Record<Ending, number>> = {}
  for (const { ending } of outcomes) endings[ending] = (endings[ending] ?? 0) + 1
  const counted = outcomes.filter(({ ending }) => ending === 'done' || ending === 'left')
  return {
    count: outcomes.length,
    endings,
    firstTokenMs: spread(counted.map(({ firstTokenMs, totalMs }) => firstTokenMs ?? totalMs)),
    totalMs: spread(counted.map(({ totalMs }) => totalMs)),
  }
}

export const endingsText = ({ endings }: Summary): string =>
  Object.entries(endings)
    .filter(([ending]) => ending !== 'done')
    .map(([ending, count]) => `${count} ${ending}`)
    .join(', ')
