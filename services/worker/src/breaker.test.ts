import { expect, test } from 'vitest'
import { afterBusy, afterFailure, closedBreaker } from './breaker.ts'

const pauses = (after: typeof afterFailure, times: number): number[] => {
  let breaker = closedBreaker
  return Array.from({ length: times }, () => {
    breaker = after(breaker, 1_000)
    return breaker.closedUntilMs - 1_000
  })
}

test('a host that fails is left alone for longer each time, up to 15 s', () => {
  expect(pauses(afterFailure, 8)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
})

test('a host that is busy is left alone for moments only, and that is no failure', () => {
  expect(pauses(afterBusy, 7)).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000])
  expect(afterBusy(closedBreaker, 0).failures).toBe(0)
})
