import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  gramValueOf,
  hidden,
  markBuckets,
  markValueOf,
  NetworkSum,
  packed,
  rowWeights,
  stepsMax,
  type Network,
} from './network.ts'

const bits = 6

const weights = Int8Array.from(
  { length: 2 ** bits * rowWeights },
  (_, at) => ((at * 91) % (2 * stepsMax + 1)) - stepsMax,
)

const network: Network = {
  header: {
    spec: { bits, chars: [3, 3], words: 0, windowChars: 100 },
    readsGrams: true,
    linearScale: 0.5,
    hiddenScale: 0.25,
    biases: Array.from({ length: hidden }, (_, unit) => unit / 10 - 0.7),
    outputs: Array.from({ length: hidden }, (_, unit) => (unit % 3) - 1.1),
    bias: -0.5,
  },
  rows: packed(weights),
}

/** As the sum is defined, weight by weight. */
const plainly = (grams: Int32Array, marks: readonly number[]): number => {
  const { linearScale, hiddenScale, biases, outputs, bias, spec } = network.header
  const ofMarks = marks.map(mark => markBuckets(spec)[mark] as number)
  const sumOf = (unit: number): number =>
    (
      [
        [[...grams], gramValueOf(grams.length)],
        [ofMarks, markValueOf(marks.length)],
      ] as const
    ).reduce(
      (sum, [of, value]) =>
        sum + value * of.reduce((all, bucket) => all + (weights[bucket * rowWeights + unit] as number), 0),
      0,
    )
  return outputs.reduce(
    (sum, output, unit) => sum + Math.max(0, sumOf(unit) * hiddenScale + (biases[unit] as number)) * output,
    bias + sumOf(hidden) * linearScale,
  )
}

const buckets = Int32Array.from({ length: 300 }, (_, at) => (at * 29) % 2 ** bits)

describe('NetworkSum', () => {
  it('adds up all weights, the largest and the smallest of them too', () => {
    const extreme = [...weights.keys()].filter(at => Math.abs(weights[at] as number) === stepsMax)
    const ofExtreme = [...new Set(extreme.map(at => Math.floor(at / rowWeights)))]
    for (const count of [0, 1, 16, 17, 18, 300]) {
      const grams = Int32Array.from({ length: count }, (_, at) => ofExtreme[at % 3] as number)
      const sum = new NetworkSum(network).of({ buckets: grams, from: 0, to: count, nextFrom: count }, [3, 5, 8])
      expect(sum).toBeCloseTo(plainly(grams, [3, 5, 8]), 8)
    }
  })

  it('says the same of a window whatever windows of the text came before it, or were left out', () => {
    const windows = fc.array(fc.tuple(fc.nat(40), fc.nat(60), fc.boolean()), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(windows, steps => {
        let from = 0
        const all = steps.map(([step, length, isJudged]) => {
          from += step
          return { from: Math.min(from, 300), to: Math.min(from + length, 300), isJudged }
        })
        const sum = new NetworkSum(network)
        for (const [index, { from: start, to, isJudged }] of all.entries()) {
          if (!isJudged) continue
          const nextFrom = Math.min(to, all[index + 1]?.from ?? to)
          const alone = new NetworkSum(network).of({ buckets, from: start, to, nextFrom: to }, [1, 2])
          expect(sum.of({ buckets, from: start, to, nextFrom }, [1, 2])).toBe(alone)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('forgets what windows have in common when other buckets follow', () => {
    const others = buckets.toReversed()
    const sum = new NetworkSum(network)
    sum.of({ buckets, from: 0, to: 100, nextFrom: 50 }, [])
    sum.restart()
    const alone = new NetworkSum(network).of({ buckets: others, from: 50, to: 150, nextFrom: 150 }, [])
    expect(sum.of({ buckets: others, from: 50, to: 150, nextFrom: 150 }, [])).toBe(alone)
  })
})
