import { expect, test } from 'vitest'
import { formatDuration } from './headers.ts'

test.each([
  [0, '0ms'],
  [19.6, '20ms'],
  [999.4, '999ms'],
  [999.6, '1s'],
  [1_200, '1.2s'],
  [8_640, '8.6s'],
  [59_940, '59.9s'],
  [59_960, '1m0s'],
  [360_000, '6m0s'],
  [3_603_000, '1h0m3s'],
  [90_061_000, '25h1m1s'],
])('%s ms are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
