import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../test/support/random.ts'
import { heavyTailed, moderate, workload } from './workload.ts'

const options = { durationMs: 60_000, tokensPerMs: 0.25, load: 0.85, lengths: heavyTailed, models: ['a', 'b'] }

describe('what arrives', () => {
  test.each([1, 2, 3])('seed %i gives the load that was asked for, in order, and the same again', seed => {
    const arrivals = workload({ ...options, seed })
    const tokens = arrivals.reduce((sum, arrival) => sum + arrival.tokens, 0)
    expect(Math.abs(tokens - 0.25 * 60_000 * 0.85)).toBeLessThanOrEqual(160)
    const times = arrivals.map(({ atMs }) => atMs)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times.at(-1)).toBeLessThan(60_000)
    expect(new Set(arrivals.map(arrival => arrival.seed)).size).toBe(arrivals.length)
    expect(workload({ ...options, seed })).toEqual(arrivals)
  })

  test('two seeds differ', () => {
    expect(workload({ ...options, seed: 1 })).not.toEqual(workload({ ...options, seed: 2 }))
  })

  test.each([
    ['heavy-tailed', heavyTailed, 15.6, 160],
    ['moderate', moderate, 17, 48],
  ])('%s lengths have the mean and the bounds they say', (_name, lengths, mean, most) => {
    const random = seededRandom(7)
    const drawn = Array.from({ length: 50_000 }, () => lengths(random))
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(1)
    expect(Math.max(...drawn)).toBeLessThanOrEqual(most)
    expect(Math.abs(drawn.reduce((sum, tokens) => sum + tokens, 0) / drawn.length - mean)).toBeLessThan(1)
  })
})
