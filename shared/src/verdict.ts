import { z } from 'zod'

/** What is done about a finding. `monitor`: it is counted, and that is all. */
const findingAction = z.enum(['block', 'redact', 'monitor'])

/** What a scanner found in a text, and what follows from it. */
const finding = z.object({
  /** The scanner's name in the configuration. */
  scanner: z.string(),
  /** What it matched, in the operator's words (a banned string, a rule's id); never the scanned text. */
  rule: z.string(),
  /** UTF-16 offsets into the text as it was given; `end` is exclusive. */
  start: z.number(),
  end: z.number(),
  /** Certainty, 0 to 1. */
  score: z.number(),
  action: findingAction,
})

/** The answer to a whole text. */
export const verdict = z.object({
  verdict: z.enum(['allow', 'redact', 'block']),
  /** What may be passed on: everything, with its redactions; for `block`, only what precedes the finding. */
  text: z.string(),
  findings: z.array(finding).readonly(),
})

export type FindingAction = z.infer<typeof findingAction>
export type Finding = Readonly<z.infer<typeof finding>>
export type Verdict = Readonly<z.infer<typeof verdict>>
