import type { Finding, Verdict } from '@drover/shared/verdict'

/** `input`: what goes to a host. `output`: what comes back. */
type Direction = 'input' | 'output'

/** What a filter lets go of after one chunk. */
export interface Filtered {
  /** Goes on to the client now; '' when everything is held. */
  readonly release: string
  /** Found in what was decided by this chunk, in order. */
  readonly findings: readonly Finding[]
  /** Ends the stream: nothing after `release` is ever let go, whatever is pushed. */
  readonly blocked?: Finding
}

/** One stream of one field of one choice. What it releases does not depend on how the text was cut into chunks. */
export interface StreamFilter {
  push(chunk: string): Filtered
  /** The text is complete: decides everything that was held. */
  end(): Filtered
}

/** Made once from its settings, which it throws on where it can't keep them; then used for any number of texts. */
export interface Scanner {
  readonly name: string
  /** Where it makes sense. */
  readonly directions: readonly Direction[]
  scan(text: string): Verdict
  stream(): StreamFilter
}

/** Scans a whole text as a stream of one chunk: the two can't disagree. */
export const scanWhole = (filter: StreamFilter, text: string): Verdict => {
  const pushed = filter.push(text)
  if (pushed.blocked) return { verdict: 'block', text: pushed.release, findings: pushed.findings }
  const ended = filter.end()
  const findings = [...pushed.findings, ...ended.findings]
  const verdict = ended.blocked ? 'block' : findings.length > 0 ? 'redact' : 'allow'
  return { verdict, text: pushed.release + ended.release, findings }
}
