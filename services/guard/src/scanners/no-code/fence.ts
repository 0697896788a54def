import { FamilyVotes } from './family.ts'
import { certaintyInFence, codeAt, withPrior } from './judge.ts'
import { tagOf, type Allowed, type Tag } from './languages.ts'

/** What is held of a fence at most until it is decided. */
const heldCharsMax = 4_096
/** What is judged together. */
const runLinesMax = 5
const runCharsMax = 600

/** How much more a fence is to be expected to hold code, by what it says it holds. */
const priors = { language: 4, none: 0.4, plain: -1 } as const

const opening = /^[ \t>]{0,16}(?:[-*+] |\d{1,3}[.)] )?(`{3,64}|~{3,64})([^`\n]{0,200})\n?$/

type FenceState = 'open' | 'code' | 'allowed'

/** A fenced block of which the lines come one by one. */
export class Fence {
  state: FenceState
  /** The most certain so far. */
  certainty = 0
  readonly #mark: string
  readonly #tag: Tag
  readonly #allowed: Allowed
  /** Only asked where a language is allowed. */
  readonly #votes: FamilyVotes | undefined
  #run = ''
  #runLines = 0
  #heldChars = 0

  /** Undefined if the line opens none. */
  static opened(line: string, allowed: Allowed): Fence | undefined {
    if (!line.includes('```') && !line.includes('~~~')) return undefined
    const match = opening.exec(line)
    return match ? new Fence(match[1] as string, tagOf(match[2] as string), allowed) : undefined
  }

  private constructor(mark: string, tag: Tag, allowed: Allowed) {
    this.#mark = mark
    this.#tag = tag
    this.#allowed = allowed
    this.#votes = allowed.names.size > 0 ? new FamilyVotes() : undefined
    this.state = tag.kind === 'language' && allowed.names.has(tag.name) ? 'allowed' : 'open'
  }

  closes(line: string): boolean {
    const text = line.replace(/^[ \t>]{1,16}/, '').trim()
    return text.startsWith(this.#mark) && text.replaceAll(this.#mark.charAt(0), '') === ''
  }

  /** One more line, or a part of a long one. What is held of an open fence is let go after `heldCharsMax`. */
  add(line: string): FenceState {
    if (this.state === 'code') return 'code'
    this.#votes?.add(line)
    const certainty = this.#judge(line)
    this.certainty = Math.max(this.certainty, certainty)
    if (this.state === 'allowed') {
      if (certainty >= codeAt && this.#isAnother()) this.state = 'code'
    } else if (this.certainty >= codeAt) this.state = this.#decide()
    this.#heldChars += line.length
    return this.state
  }

  get isHeldTooLong(): boolean {
    return this.#heldChars >= heldCharsMax
  }

  /** Nothing more will come that could tell the language. */
  end(): FenceState {
    if (this.state === 'open' && this.certainty >= codeAt) this.state = 'code'
    return this.state
  }

  #judge(line: string): number {
    if (line.trim() === '') return 0
    const isFull = this.#runLines >= runLinesMax || this.#run.length + line.length > runCharsMax
    this.#run = isFull ? line : this.#run + line
    this.#runLines = isFull ? 1 : this.#runLines + 1
    const alone = certaintyInFence(line)
    const together = this.#run === line ? alone : certaintyInFence(this.#run)
    return withPrior(Math.max(alone, together), priors[this.#tag.kind])
  }

  #decide(): FenceState {
    if (!this.#votes || this.#tag.kind === 'language') return 'code'
    const family = this.#votes.best
    if (family !== undefined) return this.#allowed.families.has(family) ? 'allowed' : 'code'
    return this.isHeldTooLong ? 'code' : 'open'
  }

  /** Whether an allowed fence holds something else. */
  #isAnother(): boolean {
    if (this.#tag.kind === 'language') return this.#votes?.contradicts(this.#tag.family) ?? false
    const family = this.#votes?.best
    return family !== undefined && !this.#allowed.families.has(family)
  }
}
