import type { BanSubstringsSettings } from '@drover/shared/config/guard-schema'
import { expect, test } from 'vitest'
import { banning } from '../fixtures/guards.ts'

const scanner = (settings: Partial<BanSubstringsSettings> & { substrings: string[] }) =>
  banning({ action: 'redact', redactWith: '[R]', ...settings })

const zeroWidth = '\u200B'
const family = '👨‍👩‍👧'

test.each<[string, Partial<BanSubstringsSettings> & { substrings: string[] }, string, string]>([
  ['plain', { substrings: ['secret'] }, 'a secret, a Secret', 'a [R], a [R]'],
  ['case kept', { substrings: ['Secret'], caseSensitive: true }, 'secret Secret', 'secret [R]'],
  ['full-width', { substrings: ['secret'] }, 'ＳＥＣＲＥＴ!', '[R]!'],
  ['zero-width inside', { substrings: ['secret'] }, `se${zeroWidth}cr\u00ADet`, '[R]'],
  ['zero-width around', { substrings: ['bad'] }, `\u202Bbad\u202C`, '\u202B[R]\u202C'],
  ['a ligature', { substrings: ['office'] }, 'oﬃce', '[R]'],
  ['decomposed text', { substrings: ['résumé'] }, 're\u0301sume\u0301', '[R]'],
  ['a letter with a mark is another letter', { substrings: ['cafe'] }, 'cafe\u0301 café', 'cafe\u0301 café'],
  ['the longest of two', { substrings: ['kill', 'kill yourself'] }, 'kill yourself', '[R]'],
  ['a prefix alone', { substrings: ['kill', 'kill yourself'] }, 'kill your time', '[R] your time'],
  ['the leftmost of two that overlap', { substrings: ['abc', 'bcde'] }, 'abcde', '[R]de'],
  ['a suffix of a failed one', { substrings: ['abcd', 'bc'] }, 'abcx', 'a[R]x'],
  ['halves are not joined', { substrings: ['bad'] }, 'babadd', 'ba[R]d'],
  ['words only', { substrings: ['ass'], match: 'word' }, 'class ass asset', 'class [R] asset'],
  ['a word with edges that are none', { substrings: ['c++'], match: 'word' }, 'c++ c++11 ac++', '[R] [R]11 ac++'],
  ['words in a script without spaces', { substrings: ['坏人'], match: 'word' }, '他是坏人吗', '他是[R]吗'],
  ['Korean words with a particle', { substrings: ['바보'], match: 'word' }, '바보는', '[R]는'],
  ['Chinese', { substrings: ['敏感词'] }, '这是敏感词。', '这是[R]。'],
  ['a whole emoji', { substrings: ['💣'] }, 'a 💣 b', 'a [R] b'],
  ['another emoji with the same half', { substrings: ['💣'] }, '💤💢', '💤💢'],
  ['an emoji sequence', { substrings: [family] }, `x${family}y`, 'x[R]y'],
  ['lone surrogates pass', { substrings: ['bad'] }, '\uD83D bad \uDE00', '\uD83D [R] \uDE00'],
  ['a string with spaces', { substrings: ['\n\nHuman:'] }, 'ok\n\nHUMAN: x', 'ok[R] x'],
  ['Greek final sigma', { substrings: ['ΟΔΟΣ'] }, 'οδος', '[R]'],
  ['German sharp s', { substrings: ['strasse'] }, 'Straße', '[R]'],
])('%s', (_, settings, text, expected) => {
  const whole = scanner(settings).scan(text)
  expect(whole.text).toBe(expected)
  const stream = scanner(settings).stream()
  const pieces = text.split('').map(unit => stream.push(unit).release)
  expect(pieces.join('') + stream.end().release).toBe(expected)
})

test('findings carry offsets into the original text', () => {
  const text = `A ＳＥ${zeroWidth}ＣＲＥＴ and 💣`
  const { verdict, findings } = scanner({ substrings: ['secret', '💣'] }).scan(text)
  expect(verdict).toBe('redact')
  expect(findings.map(it => [it.rule, text.slice(it.start, it.end)])).toEqual([
    ['secret', `ＳＥ${zeroWidth}ＣＲＥＴ`],
    ['💣', '💣'],
  ])
  expect(findings[0]).toMatchObject({ scanner: 'BanSubstrings', score: 1 })
})

test('a block releases what is before it and then nothing, whatever is pushed', () => {
  const settings = { substrings: ['bomb'], action: 'block' as const }
  expect(scanner(settings).scan('how to bomb a test')).toMatchObject({ verdict: 'block', text: 'how to ' })
  expect(scanner(settings).scan('how to')).toEqual({ verdict: 'allow', text: 'how to', findings: [] })
  const stream = scanner(settings).stream()
  expect(stream.push('how to bo')).toEqual({ release: 'how to ', findings: [] })
  const blocked = { scanner: 'BanSubstrings', rule: 'bomb', start: 7, end: 11, score: 1, action: 'block' }
  expect(stream.push('mb a')).toEqual({ release: '', findings: [blocked], blocked })
  expect(stream.push(' and more')).toEqual({ release: '', findings: [], blocked })
  expect(stream.end()).toEqual({ release: '', findings: [], blocked })
})

test('a text that ends in half a match is released at the end', () => {
  const stream = scanner({ substrings: ['secret'] }).stream()
  expect(stream.push('a secr').release).toBe('a ')
  expect(stream.end().release).toBe('secr')
})

test('half a surrogate pair waits for the other half', () => {
  const stream = scanner({ substrings: ['x'] }).stream()
  expect(stream.push('a\uD83D').release).toBe('a')
  expect(stream.push('\uDE00').release).toBe('😀')
})

test('a letter waits for its marks only where a banned string has that letter with one', () => {
  const stream = scanner({ substrings: ['phở'] }).stream()
  expect(['p', 'h', 'a', 'o'].map(unit => stream.push(unit).release)).toEqual(['', '', 'pha', ''])
  expect(stream.push('n').release).toBe('on')
})

test('an accent that comes after an iota below the letter still makes it the banned one', () => {
  const stream = scanner({ substrings: ['ά'] }).stream()
  expect(['α', '\u0345', '\u0301'].map(unit => stream.push(unit).release)).toEqual(['', '', ''])
  expect(stream.end().release).toBe('[R]')
})

const bigTexts: [string, string][] = [
  ['zero-width characters', zeroWidth.repeat(100_000)],
  ['a half-matched word full of zero-width characters', `sec${zeroWidth.repeat(100_000)}ret`],
  ['marks on one letter', `e${'\u0301'.repeat(100_000)}`],
  ['Hangul parts', '\u1161'.repeat(100_000)],
  ['almost matches', 'aaaab'.repeat(20_000)],
  ['lone surrogates', '\uD83D'.repeat(100_000)],
]

test.each(bigTexts)('100,000 %s take linear time', (_, text) => {
  const stream = scanner({ substrings: ['secret', 'ệ', 'e\u0323', 'aaaaaaaa', 'a'.repeat(50)] }).stream()
  let held = 0
  const startedAt = performance.now()
  for (let at = 0; at < text.length; at += 5) {
    held += 5 - stream.push(text.slice(at, at + 5)).release.length
    if (!text.includes(zeroWidth)) expect(Math.abs(held)).toBeLessThan(200)
  }
  stream.end()
  expect(performance.now() - startedAt).toBeLessThan(5_000)
})

test('what holds no banned string passes as it is, however many zero-width characters are in it', () => {
  const text = `sec${zeroWidth.repeat(100_000)}urity`
  expect(scanner({ substrings: ['secret'] }).scan(text).text).toBe(text)
  expect(scanner({ substrings: ['secret'] }).scan(`sec${zeroWidth.repeat(100_000)}ret`).text).toBe('[R]')
})

test('a scanner refuses settings it can not keep', () => {
  expect(() => scanner({ substrings: ['ok', zeroWidth] })).toThrow('substrings[1] must have a visible character')
  expect(() => scanner({ substrings: ['x'], redactWith: zeroWidth })).toThrow('redactWith must have a visible')
  expect(() => scanner({ substrings: ['acted'], redactWith: '[REDACTED]' })).toThrow(
    'must not contain what substrings[0] bans',
  )
  expect(() => scanner({ substrings: ['acted'], redactWith: '[REDACTED]', action: 'block' })).not.toThrow()
  expect(() => scanner({ substrings: [']x'], redactWith: '[REDACTED]' })).toThrow('must not begin or end like')
})

/** 8 stop strings, prose in chunks of 4: 0.2 characters held on average, 80 % of chunks pass whole, 1.2 µs a chunk. */
test('ordinary prose in chunks of four is held for less than a third of a character on average', () => {
  const stops = [
    '<|im_end|>',
    'Human:',
    'secret project',
    'kill yourself',
    '\n\nUser:',
    'BEGIN PRIVATE KEY',
    'DAN:',
    '![http',
  ]
  const sentence =
    'The quick brown fox jumps over a lazy dog while models answer questions about Kubernetes, e.g. with 42 examples.\n'
  const text = sentence.repeat(200)
  const stream = scanner({ substrings: stops }).stream()
  let [held, sum, passed, chunks] = [0, 0, 0, 0]
  for (let at = 0; at < text.length; at += 4) {
    const chunk = text.slice(at, at + 4)
    held += chunk.length - stream.push(chunk).release.length
    sum += held
    passed += held === 0 ? 1 : 0
    chunks += 1
  }
  expect(sum / chunks).toBeLessThan(0.3)
  expect(passed / chunks).toBeGreaterThan(0.75)
})

test('all of them have to be there, whatever their order and overlap, or none is a finding', () => {
  const all = scanner({ substrings: ['ab', 'abc', 'x'], containsAll: true })
  expect(all.scan('x or ab alone')).toEqual({ verdict: 'allow', text: 'x or ab alone', findings: [] })
  expect(all.scan('x and abc')).toMatchObject({ verdict: 'redact', text: '[R] and [R]' })
  const stream = scanner({ substrings: ['ab', 'x'], containsAll: true, action: 'block' }).stream()
  expect(['go ab', ' more', ' x'].map(chunk => stream.push(chunk).release)).toEqual(['go ', '', ''])
  expect(stream.end()).toMatchObject({ release: '', blocked: { rule: 'ab', start: 3 } })
})

test('of a text that does not have all of them, nothing is lost at its end', () => {
  const stream = scanner({ substrings: ['ab', 'x'], containsAll: true }).stream()
  expect(stream.push('go ab and on').release + stream.end().release).toBe('go ab and on')
})
