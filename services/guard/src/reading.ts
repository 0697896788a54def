import type { Side } from '@drover/shared/guard-rules'
import type { Finding, Verdict } from '@drover/shared/verdict'
import { judge, verdictOn, type Judged, type Policy } from './policy.ts'
import { createContext } from './scan-context.ts'
import type { Found, ScanContext, Scanner } from './scanners/scanner.ts'
import { releaseFilter, type Filtered, type StreamFilter } from './streaming/release-filter.ts'
import { Subject } from './text/subject.ts'

/** A scanner, and what is done about what it finds. */
export interface Member {
  readonly scanner: Scanner
  readonly policy: Policy
}

/** Hears of all that is to be counted. */
export interface GuardObserver {
  found(side: Side, findings: readonly Finding[]): void
  failed(side: Side, scanner: string, error: unknown): void
}

/** A scanner failed that must not. What it failed at does not pass, and no other guard will do better. */
export class ScanFailed extends Error {
  override readonly name = 'ScanFailed'
}

/** For what is not to be counted. */
export const unheard: GuardObserver = { found: () => {}, failed: () => {} }

export interface ReadingOptions {
  readonly side: Side
  readonly members: readonly Member[]
  readonly budgetMs: number
  readonly observer: GuardObserver
}

/** The texts of one request, or of one answer, as its scanners read them. Throws `ScanFailed`. */
export class Reading {
  readonly #options: ReadingOptions
  readonly #context: ReturnType<typeof createContext>

  constructor(options: ReadingOptions) {
    this.#options = options
    this.#context = createContext(options.side, options.budgetMs)
  }

  /** What follows has a time budget of its own: an answer may take hours. */
  restart(): void {
    this.#context.restart()
  }

  /** A whole text. */
  scan(text: string): Verdict {
    const subject = new Subject(text)
    return this.#told(text, ({ scanner }) => findIn(scanner, subject, this.#context))
  }

  /** `scan`, and then a second opinion where a scanner is not sure. */
  async scanThoroughly(text: string): Promise<Verdict> {
    const subject = new Subject(text)
    const opinions = new Map<Member, readonly Found[]>()
    for (const member of this.#options.members) {
      const refined = await this.#refined(member, subject)
      if (refined !== undefined) opinions.set(member, refined)
    }
    return this.#told(text, member => opinions.get(member) ?? findIn(member.scanner, subject, this.#context))
  }

  /** One per choice and field (content, reasoning): text of two fields never makes one match. */
  stream(): StreamFilter {
    const { side, members, observer } = this.#options
    const filter = releaseFilter(
      members.map(({ scanner, policy }) => ({ detector: scanner.stream(this.#context), policy })),
      (policy, error) => this.#fail(policy, error),
    )
    const told = (step: () => Filtered): Filtered => {
      this.#context.restart()
      const filtered = step()
      if (filtered.findings.length > 0) observer.found(side, filtered.findings)
      return filtered
    }
    return { push: chunk => told(() => filter.push(chunk)), end: () => told(() => filter.end()) }
  }

  async #refined({ scanner, policy }: Member, subject: Subject): Promise<readonly Found[] | undefined> {
    if (scanner.refine === undefined) return undefined
    try {
      return await scanner.refine(subject, findIn(scanner, subject, this.#context))
    } catch (error) {
      this.#fail(policy, error)
      return undefined
    }
  }

  #told(text: string, find: (member: Member) => readonly Found[]): Verdict {
    const { side, members, observer } = this.#options
    const verdict = verdictOn(
      text,
      members.flatMap(member => this.#judged(member, find)),
    )
    if (verdict.findings.length > 0) observer.found(side, verdict.findings)
    return verdict
  }

  #judged(member: Member, find: (member: Member) => readonly Found[]): Judged[] {
    try {
      this.#context.checkTime()
      return judge(find(member), member.policy)
    } catch (error) {
      this.#fail(member.policy, error)
      return []
    }
  }

  /** What must not fail ends the scan; what is only watched is gone without. */
  #fail(policy: Policy, error: unknown): void {
    this.#options.observer.failed(this.#options.side, policy.scanner, error)
    if (policy.action !== 'monitor') throw new ScanFailed(`${policy.scanner} failed`, { cause: error })
  }
}

/** An answer as a whole is a stream of one chunk: the two can't disagree. */
const findIn = (scanner: Scanner, subject: Subject, context: ScanContext): readonly Found[] => {
  if (context.direction === 'input') return scanner.scan(subject, context)
  const detector = scanner.stream(context)
  return [...detector.push(subject.raw).found, ...detector.end().found]
}
