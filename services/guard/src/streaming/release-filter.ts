import type { Finding } from '@drover/shared/verdict'
import { Editor, judge, toFinding, type Judged, type Policy } from '../policy.ts'
import type { Decided, Detector } from './detector.ts'

/** What a filter lets go of after one chunk. */
export interface Filtered {
  /** Goes on to the client now; '' when everything is held. */
  readonly release: string
  /** What was decided by this chunk, in order. */
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

/** A scanner at work on one stream. */
export interface Watch {
  readonly detector: Detector
  readonly policy: Policy
}

const nothing: readonly Finding[] = []
const passedBy: Decided = { settled: Infinity, found: [] }

/**
 * All scanners of a stream read the same text side by side, and it leaves as far as all of them are sure. A block ends it
 * where the first blocking finding begins, once every scanner is sure of what precedes that.
 *
 * @param onFailure a scanner threw; returns when the stream goes on without it, and throws when it must not.
 */
export const releaseFilter = (
  watches: readonly Watch[],
  onFailure: (policy: Policy, error: unknown) => void,
): StreamFilter => {
  const editor = new Editor()
  const failed = new Set<Watch>()
  const enforced = watches.some(({ policy }) => policy.action !== 'monitor')
  let blocked: Finding | undefined

  const ask = (watch: Watch, step: (detector: Detector) => Decided): Decided => {
    if (failed.has(watch)) return passedBy
    try {
      return step(watch.detector)
    } catch (error) {
      onFailure(watch.policy, error)
      failed.add(watch)
      return passedBy
    }
  }

  const run = (chunk: string, last: boolean): Filtered => {
    const monitored: Judged[] = []
    let settled = Infinity
    for (const watch of watches) {
      const decided = ask(watch, detector => (last ? detector.end() : detector.push(chunk)))
      const judged = decided.found.length > 0 ? judge(decided.found, watch.policy) : []
      if (watch.policy.action === 'monitor') for (const each of judged) monitored.push(each)
      else {
        editor.note(judged)
        settled = Math.min(settled, last ? Infinity : decided.settled)
      }
    }
    if (!enforced) return { release: chunk, findings: monitored.map(toFinding) }
    editor.append(chunk)
    const edited = editor.advance(settled, last)
    if (edited.blocked) blocked = toFinding(edited.blocked)
    const findings = [...monitored, ...edited.findings].map(toFinding)
    return { release: edited.release, findings: findings.length > 0 ? findings : nothing, ...(blocked && { blocked }) }
  }

  const over = (): Filtered => ({ release: '', findings: nothing, ...(blocked && { blocked }) })

  return {
    push: chunk => (blocked ? over() : run(chunk, false)),
    end: () => (blocked ? over() : run('', true)),
  }
}
