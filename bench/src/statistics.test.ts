import { expect, test } from 'vitest'
import { median, percentile } from './statistics.ts'

test.each([
  { values: [5], share: 0.95, expected: 5 },
  { values: [3, 1, 2, 4], share: 0.5, expected: 2 },
  { values: Array.from({ length: 100 }, (_, index) => 100 - index), share: 0.95, expected: 95 },
  { values: [1, 2, 3], share: 1, expected: 3 },
])('percentile $share of $values.length values is one of them', ({ values, share, expected }) => {
  expect(percentile(values, share)).toBe(expected)
})

test.each([
  { values: [3, 1, 2], expected: 2 },
  { values: [4, 1, 3, 2], expected: 2.5 },
])('the median of $values', ({ values, expected }) => {
  expect(median(values)).toBe(expected)
})

test('of nothing there is neither', () => {
  expect(() => median([])).toThrow(RangeError)
  expect(() => percentile([], 0.5)).toThrow(RangeError)
})
