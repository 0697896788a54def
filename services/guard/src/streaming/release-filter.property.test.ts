import * as fc from 'fast-check'
import type { Finding } from '@drover/shared/verdict'
import { isDeepStrictEqual } from 'node:util'
import { test } from 'vitest'
import { verdictOn, judge, type Policy } from '../policy.ts'
import type { Found } from '../scanners/scanner.ts'
import type { Detector } from './detector.ts'
import { releaseFilter } from './release-filter.ts'

/** Scanners made up at random: what each finds, and how far behind what it has read it settles. */

interface MadeUp {
  readonly found: readonly Found[]
  readonly lag: number
  readonly policy: Policy
}

const detectorOf = ({ found, lag }: MadeUp): Detector => {
  let read = 0
  let settled = 0
  const left = [...found]
  const decide = (upTo: number) => {
    // A finding is told when it has been read, and held from its start until then.
    const told = left.filter(({ end }) => end <= upTo)
    for (const each of told) left.splice(left.indexOf(each), 1)
    const firstOpen = Math.min(...left.map(({ start }) => start))
    settled = Math.max(settled, Math.min(upTo, firstOpen))
    return { settled, found: told.sort((a, b) => a.start - b.start) }
  }
  return {
    push(chunk) {
      read += chunk.length
      return decide(Math.max(0, read - lag))
    },
    end: () => decide(Infinity),
  }
}

const text = 'abcdefghijklmnopqrstuvwxyz0123456789'

const madeUp = (index: number): fc.Arbitrary<MadeUp> =>
  fc.record({
    found: fc.array(
      fc
        .record({
          rule: fc.constantFrom('r', 's'),
          start: fc.nat(text.length - 1),
          length: fc.integer({ min: 1, max: 6 }),
          score: fc.constantFrom(0.2, 0.7, 1),
        })
        .map(({ start, length, ...rest }) => ({ ...rest, start, end: Math.min(text.length, start + length) })),
      { maxLength: 4 },
    ),
    lag: fc.nat(8),
    policy: fc.record({
      scanner: fc.constant(`S${index}`),
      action: fc.constantFrom('block' as const, 'redact' as const, 'redact' as const, 'monitor' as const),
      threshold: fc.constant(0.5),
      redactWith: fc.constant(`<${index}>`),
      joinsAdjacent: fc.boolean(),
    }),
  })

test('whatever scanners find, and however the text is cut, what leaves is what the verdict on the whole lets out', () => {
  fc.assert(
    fc.property(
      fc.tuple(madeUp(0), madeUp(1), madeUp(2)),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
      (scanners, sizes) => {
        const judged = scanners.flatMap(({ found, policy }) => judge(found, policy))
        const whole = verdictOn(text, judged)
        const filter = releaseFilter(
          scanners.map(each => ({ detector: detectorOf(each), policy: each.policy })),
          (_policy, error) => {
            throw error
          },
        )
        let released = ''
        const acted: Finding[] = []
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const size = sizes[turn % sizes.length] as number
          const filtered = filter.push(text.slice(at, at + size))
          released += filtered.release
          acted.push(...filtered.findings.filter(({ action }) => action !== 'monitor'))
          // Nothing that is to be redacted or blocked has left, at any moment.
          if (!whole.text.startsWith(released)) throw new Error(`${released} is not the beginning of ${whole.text}`)
          at += size
        }
        const last = filter.end()
        released += last.release
        acted.push(...last.findings.filter(({ action }) => action !== 'monitor'))
        const expected = whole.findings.filter(({ action }) => action !== 'monitor')
        if (released !== whole.text) throw new Error(`${released} is not ${whole.text}`)
        if (!isDeepStrictEqual(new Set(acted.map(key)), new Set(expected.map(key)))) throw new Error('other findings')
      },
    ),
    { numRuns: 20_000 },
  )
})

/** Of findings that block at the same place, any may be told. */
const key = (finding: Finding): string =>
  finding.action === 'block' ? `block ${finding.start}` : JSON.stringify(finding)
