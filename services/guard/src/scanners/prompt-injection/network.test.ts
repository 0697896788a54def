import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NetworkSum, type Network } from './network.ts'

const bits = 6
const hidden = 3

const network: Network = {
  header: {
    spec: { bits, chars: [3, 3], words: 0, windowChars: 100 },
    readsGrams: true,
    hidden,
    linearScale: 0.5,
    hiddenScale: 0.25,
    biases: [0.1, -0.2, 0.3],
    outputs: [1, -1, 0.5],
    bias: -0.5,
  },
  linear: Int8Array.from({ length: 2 ** bits }, (_, at) => ((at * 37) % 255) - 127),
  inner: Int8Array.from({ length: 2 ** bits * hidden }, (_, at) => ((at * 91) % 255) - 127),
}

const buckets = Int32Array.from({ length: 300 }, (_, at) => (at * 29) % 2 ** bits)

describe('NetworkSum', () => {
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
