/** What is done about a finding. `monitor`: it is counted, and that is all. */
export type FindingAction = 'block' | 'redact' | 'monitor'

/** What a scanner found in a text, and what follows from it. */
export interface Finding {
  /** The scanner's name in the configuration. */
  readonly scanner: string
  /** What it matched, in the operator's words (a banned string, a rule's id); never the scanned text. */
  readonly rule: string
  /** UTF-16 offsets into the text as it was given; `end` is exclusive. */
  readonly start: number
  readonly end: number
  /** Certainty, 0 to 1. */
  readonly score: number
  readonly action: FindingAction
}

/** The answer to a whole text. */
export interface Verdict {
  readonly verdict: 'allow' | 'redact' | 'block'
  /** What may be passed on: everything, with its redactions; for `block`, only what precedes the finding. */
  readonly text: string
  readonly findings: readonly Finding[]
}
