import * as character from './characters.ts'
import { createRewriter, type Reading } from './offsets.ts'
import { wordStarts } from './word-boundaries.ts'

/** By local names: under vitest, each use of an imported one is a call, which a loop over a megabyte feels. */
const { classAt, digit, joins, letter, partOfWord, widthAt } = character

const lettersMin = 4
const gapCharsMax = 8

/** Letters that stand alone, and what stands between them: `gaps[i]` follows `ends[i]`. */
interface Row {
  readonly starts: number[]
  readonly ends: number[]
  readonly gaps: number[]
}

const emptyRow = (): Row => ({ starts: [], ends: [], gaps: [] })

/** A gap as a number: its length, then what it begins with. */
const gapOf = (text: string, start: number, end: number): number => ((end - start) << 16) | text.charCodeAt(start)

/** The end of the word that begins here; a place where none begins is its own end. */
const wordEnd = (text: string, from: number): number => {
  let at = from
  while (at < text.length && classAt(text, at) & partOfWord) at += widthAt(text, at)
  return at
}

const isSingle = (text: string, start: number, end: number): boolean => {
  if ((classAt(text, start) & (letter | digit)) === 0) return false
  let at = start + widthAt(text, start)
  while (at < end && classAt(text, at) & joins) at += widthAt(text, at)
  return at === end
}

/** The gap between letters: the shortest, of those the most frequent. Any other is one between words. */
const letterGap = (gaps: readonly number[]): number => {
  const counts = new Map<number, number>()
  for (const gap of gaps) counts.set(gap, (counts.get(gap) ?? 0) + 1)
  const shortest = Math.min(...Array.from(counts.keys(), gap => gap >> 16))
  const candidates = [...counts].filter(([gap]) => gap >> 16 === shortest)
  return candidates.reduce((most, next) => (next[1] > most[1] ? next : most))[0]
}

/** What is not separated by a wider gap is looked up, as far as that is a text somebody would write. */
const lookedUpMax = 2048
const onlyEnglish = /^[a-z]+$/

/** Which letters of a row begin a word. */
const startsIn = (text: string, row: Row): ReadonlySet<number> => {
  const gap = letterGap(row.gaps)
  const starts = new Set<number>()
  for (let index = 1; index < row.starts.length; index += 1) if (row.gaps[index - 1] !== gap) starts.add(index)
  if (starts.size > 0 || row.starts.length > lookedUpMax) return starts
  const letters = row.starts
    .map(start => text[start])
    .join('')
    .toLowerCase()
  return onlyEnglish.test(letters) ? new Set(wordStarts(letters)) : starts
}

/** `i g n o r e  a l l` and `i-g-n-o-r-e` as words. The rest of the text stays. */
export const withoutGaps = (text: string): Reading => {
  const rewriter = createRewriter(text)
  let row = emptyRow()

  const close = (): void => {
    if (row.starts.length >= lettersMin) {
      const starts = startsIn(text, row)
      for (let index = 1; index < row.starts.length; index += 1) {
        rewriter.replace(row.ends[index - 1] as number, row.starts[index] as number, starts.has(index) ? ' ' : '')
      }
    }
    row = emptyRow()
  }

  for (let at = 0; at < text.length;) {
    const end = wordEnd(text, at)
    if (end === at) {
      at += widthAt(text, at)
      continue
    }
    const before = row.ends.at(-1)
    if (!isSingle(text, at, end)) close()
    else {
      if (before !== undefined && at - before > gapCharsMax) close()
      else if (before !== undefined) row.gaps.push(gapOf(text, before, at))
      row.starts.push(at)
      row.ends.push(end)
    }
    at = end
  }
  close()
  return rewriter.finish()
}
