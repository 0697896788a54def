import type { BanSubstringsSettings } from '@drover/shared/config/guard-schema'
import * as fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { test } from 'vitest'
import { banning } from '../fixtures/guards.ts'
import { continuesWord, normalForm } from './ban-substrings/characters.ts'

/**
 * The streaming form against a naive reading of whole texts: 62,000 runs. fast-check prints the seed of a failure.
 */

/** Replaces a match: in no alphabet, and not a word character. */
const token = '\u2588'
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu

/** Small alphabets, so that random texts are full of matches, near matches and matches within matches. */
const plainAlphabets = [
  ['a', 'b', 'A', 'ａ', 'Ｂ', '\u200B', '\u00AD'],
  ['a', 'b', ' ', '-', '_', '1', '\u200D'],
  ['中', '文', 'の', 'カ', ' ', 'a', '\uFEFF'],
  ['😀', '👍', '\uD83D', '\uDE00', 'x', '\uFE0F'],
  ['바', '보', '는', ' ', 'b', '\u2060'],
]
/** Those in which what follows changes what was read: marks, Hangul parts, ligatures, letters that fold to several. */
const joiningAlphabets = [
  ['e', 'E', 'é', 'ẹ', 'ệ', '\u0301', '\u0323', '\u0302', '\u200B', 'a'],
  ['ᄒ', 'ᅡ', 'ᆫ', '하', '한', 'ᄀ', 'ﾡ', 'ￂ', '\u0301'],
  ['ﬁ', 'f', 'i', 'İ', 'ı', '\u0307', '\u0323', 'ß', 's', 'ẞ', 'ſ'],
  ['α', 'ι', '\u0345', 'ᾳ', 'Σ', 'ς', 'σ', '\u0301', 'ᾴ'],
  ['ก', 'ำ', 'า', 'ํ', '้', ' '],
  ['=', '<', '\u0338', '≠', ' ', 'か', 'が', '\u3099', 'ﾞ', 'ｶ'],
]

interface Case {
  readonly settings: BanSubstringsSettings
  readonly text: string
  readonly chunks: readonly string[]
}

const cut = (text: string, sizes: readonly number[]): string[] => {
  const chunks: string[] = []
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const size = sizes[turn % sizes.length] as number
    chunks.push(text.slice(at, at + size))
    at += size
  }
  return chunks
}

/** Without zero-width characters. Half a pair is made a private character, lest two halves become a pair. */
const visible = (text: string): string =>
  text
    .replaceAll(/\p{Surrogate}/gu, half => String.fromCodePoint(0xf_00_00 + half.charCodeAt(0)))
    .replaceAll(invisible, '')

const cases = (alphabets: string[][], fixed: Partial<BanSubstringsSettings> = {}): fc.Arbitrary<Case> =>
  fc.constantFrom(...alphabets).chain(alphabet => {
    const piece = fc.constantFrom(...alphabet)
    const pattern = fc.array(piece, { minLength: 1, maxLength: 4 }).map(parts => parts.join(''))
    return fc
      .record({
        substrings: fc.array(pattern, { minLength: 1, maxLength: 4 }),
        text: fc.array(piece, { maxLength: 24 }).map(parts => parts.join('')),
        sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
        match: fc.constantFrom('substring' as const, 'word' as const),
        caseSensitive: fc.boolean(),
      })
      .filter(({ substrings }) => substrings.every(text => visible(text).trim() !== ''))
      .map(({ substrings, text, sizes, match, caseSensitive }) => ({
        settings: {
          substrings,
          match,
          caseSensitive,
          containsAll: false,
          action: 'redact',
          redactWith: token,
          ...fixed,
        },
        text,
        chunks: cut(text, sizes),
      }))
  })

const streamed = ({ settings, chunks }: Case, scanner = banning(settings)) => {
  const stream = scanner.stream()
  const released = chunks.map(chunk => stream.push(chunk))
  const all = [...released, stream.end()]
  return { released, text: all.map(it => it.release).join(''), findings: all.flatMap(it => it.findings) }
}

const pointsOf = (text: string, settings: BanSubstringsSettings): number[] =>
  Array.from(normalForm(visible(text), !settings.caseSensitive), it => it.codePointAt(0) as number)

const matchesAt = (view: number[], at: number, pattern: number[], settings: BanSubstringsSettings): boolean => {
  if (!pattern.every((point, index) => view[at + index] === point)) return false
  if (settings.match === 'substring') return true
  const inWord = (left: number, right: number): boolean =>
    [view[left], view[right]].every(point => point !== undefined && continuesWord(point))
  return !inWord(at - 1, at) && !inWord(at + pattern.length - 1, at + pattern.length)
}

const isClean = (text: string, settings: BanSubstringsSettings): boolean => {
  const view = pointsOf(text, settings)
  return settings.substrings
    .map(it => pointsOf(it, settings))
    .every(pattern => view.every((_, at) => !matchesAt(view, at, pattern, settings)))
}

/** Leftmost-longest, for texts in which every visible character is a letter by itself. */
const naivelyRedacted = (text: string, settings: BanSubstringsSettings): string => {
  const raw = Array.from(text)
  const seen = raw.flatMap((character, index) => (visible(character) === '' ? [] : [index]))
  const view = pointsOf(text, settings)
  const patterns = settings.substrings.map(it => pointsOf(it, settings))
  let result = raw.slice(0, seen[0] ?? raw.length).join('')
  for (let at = 0; at < seen.length;) {
    const lengths = patterns.filter(it => matchesAt(view, at, it, settings)).map(it => it.length)
    const length = Math.max(0, ...lengths)
    const end = seen[at + Math.max(1, length) - 1] as number
    const kept = length > 0 ? token : (raw[end] as string)
    at += Math.max(1, length)
    result += kept + raw.slice(end + 1, seen[at] ?? raw.length).join('')
  }
  return result
}

test('however a text is cut, the stream says what a whole scan says', () => {
  fc.assert(
    fc.property(cases([...plainAlphabets, ...joiningAlphabets]), it => {
      const scanner = banning(it.settings)
      const whole = scanner.scan(it.text)
      const { text, findings } = streamed(it, scanner)
      if (text !== whole.text || !isDeepStrictEqual(findings, whole.findings)) throw new Error(text)
    }),
    { numRuns: 20_000 },
  )
})

test('nothing banned is in what was released, and a text without anything banned is released unchanged', () => {
  fc.assert(
    fc.property(cases([...plainAlphabets, ...joiningAlphabets, ...joiningAlphabets]), it => {
      const { text, findings } = streamed(it)
      if (!isClean(text, it.settings)) throw new Error(`leak: ${text}`)
      if (isClean(it.text, it.settings) ? text !== it.text : findings.length === 0) throw new Error(`wrong: ${text}`)
    }),
    { numRuns: 20_000 },
  )
})

test('the leftmost and longest match is replaced, and nothing else', () => {
  fc.assert(
    fc.property(cases(plainAlphabets), it => {
      if (streamed(it).text !== naivelyRedacted(it.text, it.settings)) throw new Error(streamed(it).text)
    }),
    { numRuns: 10_000 },
  )
})

test('a block releases the text before the first match and no more', () => {
  fc.assert(
    fc.property(cases(plainAlphabets, { action: 'block' }), it => {
      const [before, ...rest] = naivelyRedacted(it.text, it.settings).split(token)
      const { text, findings } = streamed(it)
      if (text !== before || findings.length !== Math.min(1, rest.length)) throw new Error(text)
    }),
    { numRuns: 6_000 },
  )
})

test('held is exactly what begins a banned string, until one is found', () => {
  fc.assert(
    fc.property(cases(plainAlphabets.slice(0, 3), { match: 'substring', action: 'block' }), it => {
      const patterns = it.settings.substrings.map(text => pointsOf(text, it.settings))
      const { released } = streamed(it)
      let [pushed, gone] = ['', 0]
      released.every(({ release, blocked }, turn) => {
        pushed += it.chunks[turn]
        gone += release.length
        const view = pointsOf(pushed, it.settings)
        const begun = view.findIndex((_, at) => patterns.some(p => view.slice(at).every((x, i) => x === p[i])))
        const held = pointsOf(pushed.slice(gone), it.settings).length
        if (!blocked && held !== (begun < 0 ? 0 : view.length - begun)) throw new Error(`holds ${held} of ${pushed}`)
        return !blocked && isClean(pushed, it.settings)
      })
    }),
    { numRuns: 6_000 },
  )
})
