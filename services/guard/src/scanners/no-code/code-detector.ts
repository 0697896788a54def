import type { Decided, Detector } from '../../streaming/detector.ts'
import type { Found } from '../scanner.ts'
import { FamilyVotes } from './family.ts'
import { Fence } from './fence.ts'
import { certaintyInFence, certaintyOf, certaintyWithin, codeAt, hasContent, withPrior } from './judge.ts'
import type { Allowed } from './languages.ts'
import { segmentEnd } from './segments.ts'
import { codeSpans } from './spans.ts'

/** A line this little like code is prose, whatever follows. */
const proseBelow = 0.05
/** Lines that could be either are judged together with the next ones, up to so many lines and characters. */
const runLinesMax = 5
const runCharsMax = 600
/** After a line of code the next one is likely to be code as well. */
const priorAfterCode = 1.5
/** What is not worth telling. */
const leastScore = 0.2
const newline = 0x0a

/**
 * Code in a text that comes in chunks. Every line (or sentence of a long one) is judged when it is complete, by itself
 * and what was before it; so chunks make no difference, and no more is held than a segment, a run of doubtful lines, or
 * the beginning of a fence.
 */
export class CodeDetector implements Detector {
  readonly #allowed: Allowed
  /** What is not settled, or not yet judged. */
  #kept = ''
  /** Offset of `#kept` in the whole text. */
  #base = 0
  /** In `#kept`: where the open segment begins, and up to where it has been looked at. */
  #from = 0
  #scanned = 0
  /** Offset in the whole text: what lies before is settled. */
  #settled = 0
  #startsLine = true
  #fence: Fence | undefined
  /** Doubtful lines that are held, with what follows, and what was found in them. */
  #run = ''
  #runStartsLine = true
  #runLines = 0
  #runFound: Found[] = []
  /** How certainly what is held is code, of which the language is not known yet. */
  #undecided = 0
  #afterCode = false
  /** What the code so far is of; only asked where a language is allowed. */
  #votes: FamilyVotes | undefined
  #found: Found[] = []

  constructor(allowed: Allowed) {
    this.#allowed = allowed
  }

  push(chunk: string): Decided {
    this.#kept += chunk
    for (;;) {
      const end = segmentEnd(this.#kept, this.#from, this.#scanned)
      if (end < 0) break
      this.#take(end)
    }
    this.#scanned = this.#kept.length
    return this.#decided()
  }

  end(): Decided {
    if (this.#from < this.#kept.length) this.#take(this.#kept.length)
    const end = this.#base + this.#from
    if (this.#fence) this.#leave(this.#fence, end)
    this.#endRun(end)
    return this.#decided()
  }

  #decided(): Decided {
    const drop = this.#settled - this.#base
    if (drop > 0) {
      this.#kept = this.#kept.slice(drop)
      this.#base += drop
      this.#from -= drop
      this.#scanned -= drop
    }
    const found = this.#found
    this.#found = []
    return { settled: this.#settled, found }
  }

  #take(end: number): void {
    if (end - this.#from === 1 && !this.#fence && this.#kept.charCodeAt(this.#from) === newline)
      return this.#blankLine()
    const segment = this.#kept.slice(this.#from, end)
    const start = this.#base + this.#from
    this.#from = end
    this.#scanned = end
    if (this.#fence) this.#inFence(this.#fence, segment, start)
    else this.#outside(segment, start)
    this.#startsLine = segment.endsWith('\n')
  }

  #blankLine(): void {
    this.#from += 1
    this.#scanned = this.#from
    this.#startsLine = true
    this.#endRun(this.#base + this.#from)
  }

  #outside(segment: string, start: number): void {
    const fence = this.#startsLine ? Fence.opened(segment, this.#allowed) : undefined
    if (fence) {
      this.#endRun(fence.state === 'allowed' ? start + segment.length : start)
      this.#fence = fence
    } else if (segment.trim() === '') this.#endRun(start + segment.length)
    else this.#bare(segment, start)
  }

  #bare(segment: string, start: number): void {
    const end = start + segment.length
    const certainty = this.#judge(segment)
    if (certainty >= codeAt) return this.#code(segment, end, certainty)
    if (this.#undecided > 0) this.#endRun(start)
    if (certainty >= leastScore) this.#runFound.push({ rule: 'code', start, end, score: certainty })
    this.#runFound.push(...codeSpans(segment, start).filter(each => each.score >= leastScore))
    if (certainty < proseBelow || this.#isRunFull) this.#endRun(end)
    else this.#hold(segment)
    this.#afterCode = false
  }

  #judge(segment: string): number {
    if (this.#afterCode && !hasContent(segment)) return withPrior(certaintyInFence(segment), priorAfterCode)
    const alone = (this.#startsLine ? certaintyOf : certaintyWithin)(segment)
    if (this.#run === '') this.#runStartsLine = this.#startsLine
    const isRun = this.#run !== '' && alone > 0
    const together = isRun ? (this.#runStartsLine ? certaintyOf : certaintyWithin)(this.#run + segment) : alone
    return withPrior(Math.max(alone, together), this.#afterCode ? priorAfterCode : 0)
  }

  #code(segment: string, end: number, certainty: number): void {
    const votes = this.#allowed.names.size > 0 ? (this.#votes ?? new FamilyVotes()) : undefined
    if (votes) for (const line of (this.#votes ? segment : this.#run + segment).split('\n')) votes.add(line)
    const family = votes?.best
    this.#runFound = []
    if (votes && family === undefined && !this.#isRunFull) {
      this.#hold(segment)
      this.#undecided = Math.max(this.#undecided, certainty)
    } else {
      const isAllowed = family !== undefined && this.#allowed.families.has(family)
      this.#undecided = isAllowed ? 0 : certainty
      this.#endRun(end)
    }
    this.#votes = votes
    this.#afterCode = true
  }

  get #isRunFull(): boolean {
    return this.#runLines >= runLinesMax || this.#run.length > runCharsMax
  }

  #hold(segment: string): void {
    this.#run += segment
    this.#runLines += 1
  }

  /** What is held is told, and everything before `settled` let go. */
  #endRun(settled: number): void {
    if (this.#undecided > 0)
      this.#found.push({ rule: 'code', start: this.#settled, end: settled, score: this.#undecided })
    if (this.#runFound.length > 0) this.#found.push(...this.#runFound)
    this.#runFound = []
    this.#undecided = 0
    this.#run = ''
    this.#runLines = 0
    this.#afterCode = false
    this.#votes = undefined
    this.#settled = settled
  }

  #inFence(fence: Fence, segment: string, start: number): void {
    const end = start + segment.length
    const closes = this.#startsLine && fence.closes(segment)
    const state = closes ? fence.end() : fence.add(segment)
    if (state === 'code') {
      this.#found.push({ rule: 'fence', start: this.#settled, end, score: fence.certainty })
      this.#settled = end
    } else if (state === 'allowed' || closes || fence.isHeldTooLong) {
      if (closes) this.#tellDoubt(fence, end)
      this.#settled = end
    }
    if (closes) this.#fence = undefined
  }

  /** The text ends within a fence. */
  #leave(fence: Fence, end: number): void {
    if (fence.end() === 'code' && this.#settled < end)
      this.#found.push({ rule: 'fence', start: this.#settled, end, score: fence.certainty })
    else if (fence.state === 'open') this.#tellDoubt(fence, end)
  }

  #tellDoubt(fence: Fence, end: number): void {
    if (fence.state === 'open' && fence.certainty >= leastScore && this.#settled < end)
      this.#found.push({ rule: 'fence', start: this.#settled, end, score: fence.certainty })
  }
}
