import * as character from './characters.ts'
import { withRoomFor } from './code-units.ts'
import { createRewriter, type Reading } from './offsets.ts'
import { wordStarts } from './word-boundaries.ts'

/** By local names: under vitest, each use of an imported one is a call, which a loop over a megabyte feels. */
const { classAt, classOf, digit, joins, letter, partOfWord, surrogate, widthAt } = character

const lettersMin = 4
const gapCharsMax = 8

/** Letters that stand alone: starts and ends by turns. */
class Row {
  #places = new Uint32Array(256)
  length = 0

  push(start: number, end: number): void {
    const size = 2 * this.length++
    if (size === this.#places.length) this.#places = withRoomFor(this.#places, size + 2)
    this.#places[size] = start
    this.#places[size + 1] = end
  }

  startOf(index: number): number {
    return this.#places[2 * index] as number
  }

  endOf(index: number): number {
    return this.#places[2 * index + 1] as number
  }
}

/** What is between a letter and the one before it, as a number: its length, then what it begins with. */
const gapBefore = (text: string, row: Row, index: number): number => {
  const end = row.endOf(index - 1)
  return ((row.startOf(index) - end) << 16) | text.charCodeAt(end)
}

/** The gap between letters: the shortest, of those the most frequent. Any other is one between words. */
const letterGap = (text: string, row: Row): number => {
  let shortest = gapCharsMax
  for (let index = 1; index < row.length; index += 1) {
    shortest = Math.min(shortest, row.startOf(index) - row.endOf(index - 1))
  }
  const counts = new Map<number, number>()
  for (let index = 1; index < row.length; index += 1) {
    const gap = gapBefore(text, row, index)
    if (gap >> 16 === shortest) counts.set(gap, (counts.get(gap) ?? 0) + 1)
  }
  return [...counts].reduce((most, next) => (next[1] > most[1] ? next : most))[0]
}

/** What is not separated by a wider gap is looked up, as far as that is a text somebody would write. */
const lookedUpMax = 2048
const onlyEnglish = /^[a-z]+$/

/** Whether a letter begins a word. */
const startsIn = (text: string, row: Row): ((index: number) => boolean) => {
  const gap = letterGap(text, row)
  const isWider = (index: number): boolean => gapBefore(text, row, index) !== gap
  if (row.length > lookedUpMax) return isWider
  const indices = Array.from({ length: row.length }, (_, index) => index)
  if (indices.slice(1).some(isWider)) return isWider
  const letters = indices
    .map(index => text[row.startOf(index)])
    .join('')
    .toLowerCase()
  const starts = new Set(onlyEnglish.test(letters) ? wordStarts(letters) : [])
  return index => starts.has(index)
}

/** `i g n o r e  a l l` and `i-g-n-o-r-e` as words. The rest of the text stays. 80 ns a letter that stands alone. */
export const withoutGaps = (text: string): Reading => {
  const rewriter = createRewriter(text)
  const row = new Row()

  const close = (): void => {
    if (row.length >= lettersMin) {
      const isStart = startsIn(text, row)
      for (let index = 1; index < row.length; index += 1) {
        rewriter.replace(row.endOf(index - 1), row.startOf(index), isStart(index) ? ' ' : '')
      }
    }
    row.length = 0
  }

  const readWord = (start: number, end: number, isSingle: boolean): void => {
    if (row.length > 0 && (!isSingle || start - row.endOf(row.length - 1) > gapCharsMax)) close()
    if (isSingle) row.push(start, end)
  }

  let start = -1
  let isSingle = false
  for (let at = 0; at < text.length;) {
    let kind = classOf(text.charCodeAt(at))
    let width = 1
    if (kind & surrogate) {
      kind = classAt(text, at)
      width = widthAt(text, at)
    }
    if (!(kind & partOfWord)) {
      if (start >= 0) readWord(start, at, isSingle)
      start = -1
    } else if (start < 0) {
      start = at
      isSingle = (kind & (letter | digit)) !== 0
    } else isSingle &&= (kind & joins) !== 0
    at += width
  }
  if (start >= 0) readWord(start, text.length, isSingle)
  close()
  return rewriter.finish()
}
