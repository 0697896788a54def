import { expect, test } from 'vitest'
import { figures, summarize, type Round, type Sample } from './pull-summary.ts'

const sample = (slow: number, cpuMs: number | undefined): Sample => ({
  wallMs: 10 * slow,
  latenciesMs: [1 * slow, 2 * slow, 3 * slow, 4 * slow],
  workerCpuMs: cpuMs,
  redisCpuMs: cpuMs,
  scripts: 8,
  waits: 0,
})

/** A machine that is `slow` times slower is so for both. */
const round = (slow: number): Round => ({
  'BullMQ Worker': figures([sample(slow, 4 * slow)]),
  'by hand': figures([sample(slow / 2, slow)]),
})

test('samples of one round count as one', () => {
  expect(figures([sample(1, 4), sample(3, 12)])).toEqual({
    p50Us: 3_000,
    p95Us: 12_000,
    perS: 200,
    workerCpuMs: 2,
    redisCpuMs: 2,
    scripts: 2,
    waits: 0,
  })
})

test('a ratio is of one round, so a slow round does not change it', () => {
  const { ratio } = summarize([round(1), round(3), round(9)])
  expect(ratio).toMatchObject({ p50Us: 0.5, perS: 2, workerCpuMs: 0.25, scripts: 1 })
})

test('figures are medians over rounds', () => {
  const { median } = summarize([round(1), round(2), round(9)])
  expect(median['BullMQ Worker'].p50Us).toBe(4_000)
  expect(median['by hand'].workerCpuMs).toBe(0.5)
})

test.each([{ cpuMs: undefined }, { cpuMs: 0 }])('of $cpuMs ms of CPU there is no ratio', ({ cpuMs }) => {
  const { ratio } = summarize([{ 'BullMQ Worker': figures([sample(1, cpuMs)]), 'by hand': figures([sample(1, 1)]) }])
  expect(ratio.workerCpuMs).toBeUndefined()
  expect(ratio.perS).toBe(1)
})
