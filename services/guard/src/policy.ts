import type { Finding, FindingAction, Verdict } from '@drover/shared/verdict'
import type { Found } from './scanners/scanner.ts'

/** What is done about what one scanner finds. */
export interface Policy {
  readonly scanner: string
  readonly action: FindingAction
  /** Lower scores count for nothing. */
  readonly threshold: number
  /** What a finding becomes. Visible, so that what stood on its two sides is not joined; '' only where the text ends. */
  readonly redactWith: string
  /** Findings without a gap between them are redacted as one. */
  readonly joinsAdjacent: boolean
}

/** A finding and what it becomes if it is redacted. */
export interface Judged extends Finding {
  readonly policy: Policy
}

/** The findings that count, in the order they were told. */
export const judge = (found: readonly Found[], policy: Policy): Judged[] =>
  found
    .filter(({ score, start, end }) => score >= policy.threshold && end > start)
    .map(each => ({ ...each, scanner: policy.scanner, action: policy.action, policy }))

/** A total order but for the same finding told twice, so that it does not matter who tells first. */
const byStart = (a: Judged, b: Judged): number =>
  a.start - b.start || b.end - a.end || compare(a.scanner, b.scanner) || compare(a.rule, b.rule)

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

/**
 * The one place where findings change a text. It is given in any number of steps; what comes out of them together is the
 * same as in one.
 *
 * Invariants: nothing from the first blocking finding on leaves; of overlapping findings, the text of the first stands for
 * all; `advance(limit)` is only asked when every finding that touches the text before `limit` was told.
 */
export class Editor {
  /** What has not left, beginning at offset `#out`. */
  #text = ''
  #out = 0
  /** Findings to be redacted that lie after `#out`, by their start. */
  #pending: Judged[] = []
  #block: Judged | undefined
  /** The last redaction, as long as nothing else has left. */
  #last: Judged | undefined

  append(chunk: string): void {
    this.#text += chunk
  }

  /** Findings that change the text, in any order. */
  note(findings: readonly Judged[]): void {
    if (findings.length === 0) return
    for (const each of findings)
      if (each.action === 'redact') this.#pending.push(each)
      else if (this.#block === undefined || each.start < this.#block.start) this.#block = each
    this.#pending.sort(byStart)
  }

  /** Lets out what lies before `limit`, and with `last` all there is. `blocked` once the text ends before a finding. */
  advance(limit: number, last: boolean): Edited {
    const block = this.#block !== undefined && this.#block.start <= limit ? this.#block : undefined
    const end = Math.min(block?.start ?? Infinity, limit, this.#out + this.#text.length)
    const findings: Judged[] = []
    let release = ''
    let done = 0
    for (let first = this.#pending[0]; first !== undefined && first.start < end; first = this.#pending[done]) {
      const group = this.#groupAt(done)
      if (group.end > limit) {
        this.#pending.splice(0, done)
        return { release: release + this.#take(first.start, true), findings }
      }
      release += this.#take(first.start, true) + this.#redact(first, group.end)
      for (; done < group.next; done += 1) findings.push(this.#pending[done] as Judged)
    }
    this.#pending.splice(0, done)
    release += this.#take(end, last || block !== undefined)
    if (block === undefined) return { release, findings }
    findings.push(block)
    return { release, findings, blocked: block }
  }

  /** How far a finding reaches together with all that overlap it, directly or by others; and which is the next. */
  #groupAt(index: number): { end: number; next: number } {
    let end = (this.#pending[index] as Judged).end
    let next = index + 1
    for (let each = this.#pending[next]; each !== undefined && each.start < end; each = this.#pending[next]) {
      end = Math.max(end, each.end)
      next += 1
    }
    return { end, next }
  }

  /** Never half of a surrogate pair, unless nothing can follow: the two would leave in different events. */
  #take(upTo: number, whole: boolean): string {
    let length = Math.min(Math.max(0, upTo - this.#out), this.#text.length)
    if (!whole && isHighSurrogate(this.#text.charCodeAt(length - 1))) length -= 1
    if (length <= 0) return ''
    this.#last = undefined
    return this.#skip(length)
  }

  #redact(first: Judged, end: number): string {
    this.#skip(Math.min(Math.max(0, end - this.#out), this.#text.length))
    const goesOn = this.#last?.policy === first.policy && first.policy.joinsAdjacent && this.#last.end === first.start
    this.#last = { ...first, end }
    return goesOn ? '' : first.policy.redactWith
  }

  #skip(length: number): string {
    const skipped = this.#text.slice(0, length)
    this.#text = this.#text.slice(length)
    this.#out += length
    return skipped
  }
}

export interface Edited {
  readonly release: string
  /** What was redacted or blocked by now, in order. */
  readonly findings: Judged[]
  readonly blocked?: Judged
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd8_00 && unit <= 0xdb_ff

/** The verdict on a whole text. `findings` may be in any order. */
export const verdictOn = (text: string, findings: readonly Judged[]): Verdict => {
  const editor = new Editor()
  editor.append(text)
  editor.note(findings.filter(({ action }) => action !== 'monitor'))
  const { release, blocked, findings: acted } = editor.advance(Infinity, true)
  const monitored = findings.filter(({ action }) => action === 'monitor')
  const told = [...acted, ...monitored].sort(byStart).map(toFinding)
  return { verdict: blocked ? 'block' : acted.length > 0 ? 'redact' : 'allow', text: release, findings: told }
}

export const toFinding = ({ policy: _policy, ...finding }: Judged): Finding => finding
