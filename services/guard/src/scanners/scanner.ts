import type { Side } from '@drover/shared/guard-rules'
import type { Detector } from '../streaming/detector.ts'
import type { Subject } from '../text/subject.ts'

/** Something in a text. What is done about it is the policy's business (`policy.ts`). */
export interface Found {
  /** Which of the scanner's rules, or a class of its model: never the scanned text, but for the operator's own words. */
  readonly rule: string
  /** UTF-16 offsets into the text as it was given; `end` is exclusive. */
  readonly start: number
  readonly end: number
  /** Certainty, 0 to 1. A scanner also tells what it is not sure of: thresholds are the policy's. */
  readonly score: number
}

/** One per request on the way in, one per answer on the way out. */
export interface ScanContext {
  readonly direction: Side
  /** Throws `OutOfTime` when the request's budget is used up. For loops that may be long. */
  checkTime(): void
  /** What a scanner adds up over the texts of one request, by its name. The newest message is scanned first. */
  readonly tally: Map<string, number>
}

/** Made once from its settings, which it throws on where it can't keep them; then used for any number of texts. */
export interface Scanner {
  readonly name: string
  /** Where it makes sense. */
  readonly directions: readonly Side[]
  /** A whole text, or a piece of a stream. In time linear in its length. In any order. */
  scan(subject: Subject, context: ScanContext): readonly Found[]
  /** One per field of a stream: what of it can be decided when. `wholeText`, `pieces`, or its own. */
  stream(context: ScanContext): Detector
  /** Findings without a gap between them are redacted as one: lines of a block of code. */
  readonly joinsAdjacent?: boolean
  /** Throws where what findings are replaced with would be, or could become, a finding. */
  refuseReplacement?(replacement: string): void
  /**
   * A second, slower opinion on a whole text that `scan` was not sure of; undefined where none is needed.
   * Runs in a thread of its own, so it may take its time (`guard.budgetMs`).
   */
  refine?(subject: Subject, found: readonly Found[]): Promise<readonly Found[] | undefined>
}
