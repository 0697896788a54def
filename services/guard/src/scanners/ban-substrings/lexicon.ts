import { automaton, type State } from './aho-corasick.ts'
import { classOf, joins, zeroWidth, lettersFromJoining, normalForm } from './characters.ts'
import { lettersOf, viewOf } from './letters.ts'

/** Banned strings, compiled once for any number of texts. */
export interface Lexicon {
  readonly root: State
  readonly folded: boolean
  readonly wholeWords: boolean
  /** Whether some pattern has letters that are put together from parts: é, 한. */
  readonly hasMarks: boolean
  /**
   * Whether a letter, given by its view, could by further joining characters become (part of) a letter of a pattern.
   * If not, then whatever joins it later, no match that it isn't part of now will contain it.
   */
  mayGrow(view: readonly number[]): boolean
  /** Whether a letter that begins with this code point can't begin a match, nor grow into one that does. */
  isHarmless(point: number): boolean
}

const startsJoining = (text: string): boolean => (classOf(text.codePointAt(0) ?? 0) & joins) !== 0

/** A decomposed letter without its marks: `e` of `ế`, the Hangul parts of a syllable. */
const bare = (decomposed: string): string => decomposed.replaceAll(/\p{M}/gu, '')

/** What `mayGrow` has to know of a pattern's letter: the bare beginnings that something may still be added to. */
const beginnings = (letter: string): string[] => {
  const decomposed = letter.normalize('NFD')
  const parts = Array.from(bare(decomposed))
  const marked = bare(decomposed).length < decomposed.length
  return parts.map((_, index) => parts.slice(0, index + 1).join('')).slice(0, marked ? parts.length : -1)
}

/**
 * The letters of a view, without marks: a ligature's is longer than one, and a mark may belong to any of them (of α with an
 * iota below it, a further accent is the α's).
 */
const bareLetters = (view: readonly number[]): string[] =>
  lettersOf(String.fromCodePoint(...view).normalize('NFD')).map(bare)

/** @param patterns where two have the same normal form, the first gives the name. */
export const lexiconOf = (
  patterns: readonly string[],
  options: { readonly folded: boolean; readonly wholeWords: boolean },
): Lexicon => {
  const entries = patterns.map(rule => ({
    rule,
    letters: lettersOf(rule).flatMap(letter => lettersOf(normalForm(letter, options.folded))),
  }))
  const letters = entries.flatMap(entry => entry.letters)
  const growing = new Set(letters.flatMap(beginnings))
  // A pattern that begins within a letter, or has letters that marks turn into: any letter may grow into that.
  const always = letters.some(letter => startsJoining(letter) || lettersFromJoining.test(letter))
  const root = automaton(entries.map(({ rule, letters }) => [rule, letters.flatMap(letter => viewOf(letter, false))]))

  const mayGrow = (view: readonly number[]): boolean =>
    always || (growing.size > 0 && view.length > 0 && bareLetters(view).some(letter => growing.has(letter)))

  const harmless = (point: number): boolean => {
    if (classOf(point) & (joins | zeroWidth)) return false
    const view = viewOf(String.fromCodePoint(point), options.folded)
    return !mayGrow(view) && !view.some(part => root.next.has(part))
  }
  /** 0 for not yet known, 1 for yes, 2 for no. The rare code points past the first plane are worked out each time. */
  const known = new Uint8Array(0x1_00_00)
  const isHarmless = (point: number): boolean => {
    if (point >= known.length) return harmless(point)
    if (known[point] === 0) known[point] = harmless(point) ? 1 : 2
    return known[point] === 1
  }
  return { ...options, root, hasMarks: always || growing.size > 0, mayGrow, isHarmless }
}
