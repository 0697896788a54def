import { expect, test } from 'vitest'

import { nextDelayMs } from './backoff.ts'

test.each([
  ['the first death', undefined, 5, 200],
  ['a death soon after', 200, 5, 400],
  ['many deaths', 6_400, 5, 10_000],
  ['the longest wait', 10_000, 29_999, 10_000],
  ['a death after a healthy life', 10_000, 30_000, 200],
])('after %s', (_, previousMs, aliveMs, delayMs) => {
  expect(nextDelayMs(previousMs, aliveMs)).toBe(delayMs)
})
