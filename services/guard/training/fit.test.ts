import { describe, expect, it } from 'vitest'
import { LinearModel } from '../src/model/linear.ts'
import { balancedWeights } from './balance.ts'
import { fit } from './fit.ts'
import { aucOf, metricsOf } from './metrics.ts'
import { randomFrom, pick } from './random.ts'
import type { Row } from './row.ts'
import type { Task } from './task.ts'

const random = randomFrom(3)
const words = 'river stone lamp window garden bread chair letter cloud music paper road'.split(' ')
const sentence = (): string => Array.from({ length: 8 }, () => pick(words, random)).join(' ')

const rows: Row[] = Array.from({ length: 400 }, (_, index) => {
  const label = index % 2 === 1 ? 1 : 0
  return { text: label === 1 ? `${sentence()} wasp ${sentence()}` : sentence(), label, lang: 'en', source: 'made' }
})

const task: Task = {
  name: 'toxicity',
  features: { bits: 16, chars: [2, 4], words: 2, windowChars: 80 },
  rows: () => rows,
  limits: 'only for the test',
}

const fitted = fit(task, rows, 1, () => undefined)

describe('training', () => {
  it('learns what tells the labels apart', () => {
    const model = new LinearModel(fitted.model)
    const scores = (texts: readonly string[]): number[] => texts.map(text => model.scoreWindows(text).score)
    const without = Array.from({ length: 50 }, sentence)
    const lowest = Math.min(...scores(without.map(text => `${text} wasp`)))
    expect(lowest).toBeGreaterThan(Math.max(...scores(without)))
    expect(lowest).toBeGreaterThan(0.5)
  })

  it('finds it anywhere in a long text', () => {
    const long = Array.from({ length: 40 }, sentence).join(' ')
    const model = new LinearModel(fitted.model)
    const { score, start, end } = model.scoreWindows(`${long} wasp ${long}`)
    expect(score).toBeGreaterThan(0.5)
    expect(score).toBeGreaterThan(model.scoreWindows(long).score)
    expect(start).toBeLessThan(long.length)
    expect(end).toBeGreaterThan(long.length)
  })

  it('makes the same model from the same seed', () => {
    expect(fit(task, rows, 1, () => undefined)).toEqual(fitted)
  })
})

describe('balance', () => {
  it('gives both labels the same weight, in all and in each language that has both', () => {
    const uneven: Row[] = [
      ...Array.from({ length: 90 }, () => ({ text: 'a', label: 0 as const, lang: 'en', source: 'x' })),
      ...Array.from({ length: 10 }, () => ({ text: 'b', label: 1 as const, lang: 'en', source: 'x' })),
      ...Array.from({ length: 12 }, () => ({ text: 'c', label: 0 as const, lang: 'vi', source: 'y' })),
      ...Array.from({ length: 48 }, () => ({ text: 'd', label: 1 as const, lang: 'vi', source: 'y' })),
    ]
    const weights = balancedWeights(uneven, 0.5, 1)
    const sum = (test: (row: Row) => boolean): number =>
      uneven.reduce((total, row, index) => total + (test(row) ? (weights[index] as number) : 0), 0)
    expect(sum(row => row.label === 1)).toBeCloseTo(sum(row => row.label === 0))
    expect(sum(row => row.label === 1 && row.lang === 'en')).toBeCloseTo(
      sum(row => row.label === 0 && row.lang === 'en'),
    )
  })
})

describe('metrics', () => {
  it('count at the threshold, and over all thresholds', () => {
    const scored = [
      { score: 0.9, label: 1 },
      { score: 0.5, label: 0 },
      { score: 0.4, label: 1 },
      { score: 0.1, label: 0 },
    ] as const
    expect(metricsOf(scored)).toEqual({
      rows: 4,
      positives: 2,
      precision: 0.5,
      recall: 0.5,
      falsePositiveRate: 0.5,
      auc: 0.75,
    })
  })

  it('ties are half right', () => {
    expect(
      aucOf([
        { score: 0.3, label: 1 },
        { score: 0.3, label: 0 },
      ]),
    ).toBe(0.5)
  })
})
