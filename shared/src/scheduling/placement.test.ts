import { describe, expect, test } from 'vitest'
import { nthHost } from './placement.ts'

const hostsOf = (...weights: number[]) => weights.map((weight, at) => ({ id: 'abcdef'[at] ?? `h${at}`, weight }))
const turns = (weights: readonly number[], from: number, count: number): string =>
  Array.from({ length: count }, (_, at) => nthHost(hostsOf(...weights), from + at)).join('')
const sorted = (text: string): string => text.split('').toSorted().join('')
const countOf = (text: string, id: string): number => text.split(id).length - 1

describe('placement in turn', () => {
  test.each([
    { weights: [1, 1, 1], sequence: 'abcabc' },
    { weights: [7, 7], sequence: 'ababab' },
    { weights: [5, 1, 1], sequence: 'aabacaa' },
    { weights: [1, 2, 3], sequence: 'cbacbc' },
    { weights: [0.5, 1, 1.5], sequence: 'cbacbc' },
    { weights: [0.1, 0.3], sequence: 'babb' },
    { weights: [2], sequence: 'aaa' },
    { weights: [0, 3, Number.NaN, -1], sequence: 'bbb' },
  ])('weights $weights give $sequence', ({ weights, sequence }) => {
    const period = turns(weights, 0, sequence.length)
    expect(sorted(period)).toBe(sorted(sequence))
    expect(turns(weights, sequence.length * 1000, sequence.length)).toBe(period)
  })

  test('any window of a period holds each host as often as its weight says, wherever it begins', () => {
    for (let from = 0; from < 12; from += 1) expect(sorted(turns([1, 2, 3], from, 6))).toBe('abbccc')
  })

  test('no host waits for its turn longer than the evenest sequence makes it', () => {
    expect(turns([5, 1, 1], 0, 7)).toBe('aabacaa')
  })

  test('round robin is exact to one over any window', () => {
    for (let from = 0; from < 10; from += 1) {
      const counts = ['a', 'b', 'c'].map(id => countOf(turns([1, 1, 1], from, 10), id))
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    }
  })

  test('weights without a small common measure are kept to within one part in a thousand', () => {
    const weights = [Math.PI, Math.E, 1]
    const sum = Math.PI + Math.E + 1
    const all = turns(weights, 0, 10_000)
    for (const [at, weight] of weights.entries())
      expect(countOf(all, 'abc'.charAt(at)) / 10_000).toBeCloseTo(weight / sum, 3)
  })

  test('a tiny weight beside a huge one still gets its turn', () => {
    expect(turns([1, 1_000_000], 0, 10_001)).toContain('a')
  })

  test('without hosts there is none', () => {
    expect(nthHost([], 3)).toBeUndefined()
    expect(nthHost(hostsOf(0, 0), 3)).toBeUndefined()
  })
})
