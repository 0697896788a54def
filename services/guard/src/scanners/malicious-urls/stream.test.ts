import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Subject } from '../../text/subject.ts'
import { maliciousUrls } from '../malicious-urls.ts'
import type { Found, ScanContext } from '../scanner.ts'

const context: ScanContext = { direction: 'output', checkTime: () => {}, tally: new Map() }

const scanner = maliciousUrls({ threshold: 0.5, action: 'block', redactWith: '[REDACTED]', allow: [] })

/** By UTF-16 unit: a chunk may end within a character. */
const unitsOf = (text: string): string[] => text.split('')

const inStream = (text: string, chunks: readonly string[]): { found: Found[]; settled: number[] } => {
  const detector = scanner.stream(context)
  const decided = [...chunks.map(chunk => detector.push(chunk)), detector.end()]
  expect(decided.at(-1)?.settled).toBe(text.length)
  return { found: decided.flatMap(each => each.found), settled: decided.map(each => each.settled) }
}

const partsOf = (text: string, cuts: readonly number[]): string[] => {
  const at = [0, ...[...cuts].map(cut => cut % (text.length + 1)).sort((a, b) => a - b), text.length]
  return at.slice(1).map((end, index) => text.slice(at[index], end))
}

describe('in a stream', () => {
  const bad = 'http://paypal.com@evil.example/a'

  it('no character of a bad address is settled before the finding, wherever it is cut', () => {
    const text = `See (${bad}) or [here](${bad}) now.`
    for (let cut = 0; cut <= text.length; cut += 1) {
      const detector = scanner.stream(context)
      let told = 0
      for (const chunk of [text.slice(0, cut), ...unitsOf(text.slice(cut))]) {
        const { settled, found } = detector.push(chunk)
        const start = text.indexOf(bad, told)
        if (found.length > 0) told = (found.at(-1) as Found).end
        else if (start >= 0) expect(settled).toBeLessThanOrEqual(start)
      }
    }
  })

  it('ordinary words are held until the blank behind them only', () => {
    const detector = scanner.stream(context)
    expect(detector.push('Some words').settled).toBe(5)
    expect(detector.push(' more ').settled).toBe(11)
    expect(detector.push('今天天气').settled).toBe(20)
    expect(detector.push('很好。').settled).toBe(23)
  })

  it('an endless token is settled in parts', () => {
    const detector = scanner.stream(context)
    expect(detector.push('a'.repeat(10_000)).settled).toBeGreaterThan(10_000 - 2_049)
  })

  it('an address across the limit of a token is found', () => {
    for (let before = 1_990; before < 2_060; before += 1) {
      for (const filler of ['a', ';', '/']) {
        const text = `${filler.repeat(before)}http://paypal.com@evil.com/x`
        expect(inStream(text, [text]).found.filter(each => each.rule === 'userinfo')).toHaveLength(1)
      }
    }
  })

  const word = fc.constantFrom(
    bad,
    'evil[.]com',
    ' [.] ',
    'paypal-login',
    '.com',
    '/',
    ' ',
    '\n',
    '中',
    '。',
    'www.',
    'http://',
    ':',
    '](',
    '[',
    ')',
    '@',
    'a',
    '.',
    '\u200B',
    'é',
    '...',
    'paypal-verify.xyz',
    ' (dot) ',
    '"',
    '%2f',
    '例',
    '！',
  )

  it('finds the same however the text is cut, and the same as in the whole text', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 24 }), fc.array(fc.nat(), { maxLength: 12 }), (words, cuts) => {
        const text = words.join('')
        const whole = scanner.scan(new Subject(text), context)
        expect(inStream(text, partsOf(text, cuts)).found).toEqual(whole)
        expect(inStream(text, unitsOf(text)).found).toEqual(whole)
      }),
      { numRuns: 3_000 },
    )
  })
})
