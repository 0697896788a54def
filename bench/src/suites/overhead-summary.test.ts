import { expect, test } from 'vitest'
import { summarize, type Figures, type Round } from './overhead-summary.ts'

const figures = (us: number, perS: number, cpu: Record<string, number>): Figures => ({
  jsonP50Us: us,
  jsonP95Us: 2 * us,
  firstTokenP50Us: us,
  firstTokenP95Us: 2 * us,
  jsonPerS: perS,
  tokensPerS: 10 * perS,
  jsonCpuMs: cpu,
  streamCpuMs: cpu,
})

/** A machine that is `slow` times slower is so for all. */
const round = (slow: number, cpu = true): Round => ({
  direct: figures(100 * slow, 4_000 / slow, {}),
  proxy: figures(500 * slow, 2_000 / slow, cpu ? { proxy: 0.1 * slow } : {}),
  drover: figures(1_700 * slow, 500 / slow, cpu ? { api: 0.2 * slow, redis: 0.3 * slow } : {}),
  'drover + guards': figures(3_300 * slow, 250 / slow, cpu ? { api: 0.2 * slow, guard: 0.5 * slow } : {}),
})

test('a ratio is of one round, so a slow round does not change it', () => {
  const { drover } = summarize([round(1), round(3), round(5)]).variants
  expect(drover.overProxy.jsonP50Us).toBeCloseTo(3.4)
  expect(drover.addedOverProxy.jsonP50Us).toBeCloseTo(4)
  expect(drover.overProxy.jsonPerS).toBeCloseTo(0.25)
  expect(drover.overProxy.jsonCpuMs).toBeCloseTo(5)
})

test('figures are medians over rounds, CPU is summed over processes', () => {
  const { drover } = summarize([round(1), round(2), round(9)]).variants
  expect(drover.median.jsonP50Us).toBe(3_400)
  expect(drover.added.jsonP50Us).toBe(3_200)
  expect(drover.median.jsonCpuMs).toBeCloseTo(1)
  expect(drover.jsonCpuMs).toEqual({ api: 0.4, redis: 0.6 })
})

test('a machine that tells no CPU times yields none, and no ratio of them', () => {
  const { drover } = summarize([round(1, false)]).variants
  expect(drover.median.jsonCpuMs).toBeUndefined()
  expect(drover.overProxy.jsonCpuMs).toBeUndefined()
  expect(drover.overProxy.jsonPerS).toBeCloseTo(0.25)
})

test.each([
  { slow: 1, within: [true, true, true, true] },
  { slow: 2, within: [false, false, true, true] },
])('on a machine $slow × slower the bounds in ms are within: $within', ({ slow, within }) => {
  expect(summarize([round(slow)]).bounds.map(bound => bound.within)).toEqual(within)
})
