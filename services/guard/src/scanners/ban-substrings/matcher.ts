import { step, type State } from './aho-corasick.ts'
import { continuesWord } from './characters.ts'
import { createLetters, viewOf, type Letter } from './letters.ts'
import type { Lexicon } from './lexicon.ts'

/** Offsets into the original text, UTF-16. */
export interface Match {
  readonly rule: string
  readonly start: number
  readonly end: number
}

/** A code point of the view that is held, and the longest match that begins with it. */
interface Cell {
  readonly point: number
  readonly letter: Letter
  rule: string
  /** Cells; 0 for none. */
  length: number
}

interface Hit {
  readonly start: number
  readonly length: number
  readonly rule: string
}

/**
 * Finds the leftmost-longest matches in a stream, and tells what of it can't become part of one any more.
 *
 * Invariants, whatever the chunks:
 * - A match is decided when no longer or earlier one is possible; what it overlaps is no longer looked at.
 * - Held are the code points from the earliest start of: a match not yet decided, the longest partial match, and the last
 *   letter if a joining character could still make it part of one. That is at most the longest pattern and one letter.
 * - A letter that was let go before it was complete is in no match, whatever joins it (`Lexicon.mayGrow`).
 */
export class Matcher {
  readonly #lexicon: Lexicon
  readonly #onMatch: (match: Match) => void
  readonly #letters: ReturnType<typeof createLetters>
  readonly #cells: Cell[] = []
  /** The automaton's state, reduced to the longest suffix that can still become a match. */
  #state: State
  /** Whole words that end with the last cell, if no word character follows. */
  #unconfirmed: Hit[] = []
  /** Index of the first cell that begins a match; Infinity for none. */
  #first = Infinity
  /** The code point before the first cell. */
  #before: number | undefined
  #settled = 0

  constructor(lexicon: Lexicon, onMatch: (match: Match) => void) {
    this.#lexicon = lexicon
    this.#onMatch = onMatch
    this.#state = lexicon.root
    this.#letters = createLetters({
      closed: letter => this.#close(letter),
      skip: (text, from) => this.#skip(text, from),
    })
  }

  push(chunk: string): void {
    this.#letters.push(chunk)
    if (this.#letters.open) this.#settle(this.#letters.open)
    const held = this.#cells[0]?.letter.start ?? this.#letters.open?.heldFrom ?? this.#letters.read
    this.#settled = Math.max(this.#settled, held)
  }

  end(): void {
    this.#letters.end()
    this.#confirm(undefined)
    this.#decide(() => Infinity)
    this.#drop(this.#cells.length)
    this.#settled = this.#letters.read
  }

  /** Offset before which no further match will begin or end. */
  get settled(): number {
    return this.#settled
  }

  #atWordStart(index: number): boolean {
    if (!this.#lexicon.wholeWords || !continuesWord((this.#cells[index] as Cell).point)) return true
    const previous = index > 0 ? this.#cells[index - 1]?.point : this.#before
    return previous === undefined || !continuesWord(previous)
  }

  /** No pattern continues from it, or it doesn't begin a word. */
  #isDead(at: State): boolean {
    return at.next.size === 0 || !this.#atWordStart(this.#cells.length - at.depth)
  }

  #advance(point: number, letter: Letter, hit: (found: Hit) => void): void {
    this.#cells.push({ point, letter, rule: '', length: 0 })
    this.#state = step(this.#state, point)
    for (let at = this.#state.rule === undefined ? this.#state.shorter : this.#state; at; at = at.shorter) {
      const start = this.#cells.length - at.depth
      if (this.#atWordStart(start)) hit({ start, length: at.depth, rule: at.rule as string })
    }
    while (this.#state.depth > 0 && this.#isDead(this.#state)) this.#state = this.#state.fail
  }

  #record({ start, length, rule }: Hit): void {
    const cell = this.#cells[start] as Cell
    if (length > cell.length) Object.assign(cell, { length, rule })
    this.#first = Math.min(this.#first, start)
  }

  #keep(found: Hit): void {
    if (this.#lexicon.wholeWords && continuesWord((this.#cells.at(-1) as Cell).point)) this.#unconfirmed.push(found)
    else this.#record(found)
  }

  #confirm(next: number | undefined): void {
    if (this.#unconfirmed.length === 0) return
    if (next === undefined || !continuesWord(next)) this.#unconfirmed.forEach(hit => this.#record(hit))
    this.#unconfirmed = []
  }

  #nextMatch(): number {
    const index = this.#cells.findIndex(cell => cell.length > 0)
    return index < 0 ? Infinity : index
  }

  #drop(count: number): void {
    if (count === 0) return
    this.#before = this.#cells[count - 1]?.point
    this.#cells.splice(0, count)
    while (this.#state.depth > this.#cells.length || (this.#state.depth > 0 && this.#isDead(this.#state)))
      this.#state = this.#state.fail
    this.#unconfirmed = this.#unconfirmed.flatMap(hit =>
      hit.start < count ? [] : [{ ...hit, start: hit.start - count }],
    )
    this.#first = this.#first >= count ? this.#first - count : this.#nextMatch()
  }

  #sharesLetter(index: number): boolean {
    return index > 0 && this.#cells[index]?.letter === this.#cells[index - 1]?.letter
  }

  /** Lets go of the letters that end before a cell. */
  #release(limit: number): void {
    let count = Math.min(limit, this.#cells.length)
    while (this.#sharesLetter(count)) count -= 1
    this.#drop(count)
  }

  #commitFirst(): void {
    this.#release(this.#first)
    const { length, rule } = this.#cells[this.#first] as Cell
    let end = this.#first + length
    while (this.#sharesLetter(end)) end += 1
    this.#onMatch({
      rule,
      start: (this.#cells[0] as Cell).letter.start,
      end: (this.#cells[end - 1] as Cell).letter.end,
    })
    this.#drop(end)
  }

  /** Decides the matches that begin before what is undecided, and returns from where on that is. */
  #decide(undecided: () => number): number {
    let from = undecided()
    while (this.#first < from) {
      this.#commitFirst()
      from = undecided()
    }
    return from
  }

  #undecidedFrom(): number {
    return Math.min(this.#cells.length - this.#state.depth, this.#unconfirmed[0]?.start ?? Infinity)
  }

  #close(letter: Letter): void {
    const view = viewOf(letter.text, this.#lexicon.folded)
    for (const point of view) {
      this.#confirm(point)
      this.#advance(point, letter, found => this.#keep(found))
    }
    // By halves at least, so that a long text with a long partial match all along is not moved cell by cell.
    if (this.#undecidedFrom() * 2 >= this.#cells.length) this.#letGoClosed()
  }

  #letGoClosed(): void {
    const from = this.#decide(() => this.#undecidedFrom())
    this.#release(Math.min(this.#first, from))
  }

  /** While nothing is held, takes a run of harmless letters at once: half the cost of a chunk of prose. */
  #skip(text: string, from: number): number {
    if (this.#cells.length > 0) return -1
    let [last, at] = [-1, from]
    while (at < text.length) {
      const point = text.codePointAt(at) as number
      if (!this.#lexicon.isHarmless(point)) break
      last = at
      at += point > 0xff_ff ? 2 : 1
    }
    return last
  }

  /** From which cell the window is undecided if the open letter stays as it is; leaves no trace. */
  #undecidedWith(letter: Letter, view: readonly number[]): number {
    const [length, kept] = [this.#cells.length, this.#state]
    let from = Infinity
    for (const point of view) this.#advance(point, letter, hit => (from = Math.min(from, hit.start)))
    from = Math.min(from, this.#cells.length - this.#state.depth)
    this.#cells.length = length
    this.#state = kept
    return from
  }

  /** Lets go of what the open letter, complete or not, has no part in. */
  #settle(letter: Letter): void {
    const view = viewOf(letter.text, this.#lexicon.folded)
    if (view.length > 0) this.#confirm(view[0])
    if (this.#lexicon.mayGrow(view)) return this.#letGoClosed()
    const from = this.#decide(() => this.#undecidedWith(letter, view))
    const all = from >= this.#cells.length + view.length && this.#first === Infinity
    this.#release(Math.min(this.#first, from))
    if (all) letter.heldFrom = this.#letters.read
  }
}
