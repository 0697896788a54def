import { setTimeout as delay } from 'node:timers/promises'
import { encodeEvents, isTerminal, type StreamEvent } from '../events.ts'
import { beforeFirst, type EntryId } from './entry.ts'
import type { AppendAnswer, LogScripts } from './scripts.ts'

/** Between tries while Redis refuses or does not answer; its commands have a time limit of their own. */
const retryMs = 100

export type Lost = 'fenced' | 'closed' | 'abandoned' | 'stopped'

interface WrittenEntry {
  readonly seq: number
  readonly payload: string
  readonly terminal: boolean
}

export interface WriterOptions {
  readonly attempt: number
  /** Last entry of the log as this attempt found it. Default: the log is empty. */
  readonly after?: EntryId
  /** Unix milliseconds: when it no longer waits for Redis to come back. */
  readonly giveUpAtMs: number
  /** `abandoned` when nobody has listened for this long. */
  readonly unheardLimitMs: number
}

/**
 * One attempt's pen on one log. Self-clocking: at most one append is in flight, and what arrives meanwhile goes into
 * the next one, so the first token never waits and bursts batch by themselves.
 *
 * Keeps its entries until the terminal one is acknowledged, because Redis may lose acknowledged writes: a `GAP` is
 * filled from here. Memory is therefore the response's size, which the caller bounds.
 */
export class LogWriter {
  readonly #scripts: LogScripts
  readonly #logKey: string
  readonly #options: WriterOptions
  readonly #lost = new AbortController()
  #entries: WrittenEntry[] = []
  #pending: StreamEvent[] = []
  #pumping: Promise<void> | undefined
  #soon: NodeJS.Timeout | undefined
  #claimed = false
  #unheardSince: number | undefined

  constructor(scripts: LogScripts, logKey: string, options: WriterOptions) {
    this.#scripts = scripts
    this.#logKey = logKey
    this.#options = options
  }

  /** Aborted, with a `Lost` as reason, when nothing this writer writes can count any more. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  get lostReason(): Lost | undefined {
    return this.#lost.signal.aborted ? (this.#lost.signal.reason as Lost) : undefined
  }

  /** Never waits. Events after a terminal one are a bug of the caller. */
  write(events: readonly StreamEvent[]): void {
    clearTimeout(this.#soon)
    if (this.#lost.signal.aborted) return
    this.#pending.push(...events)
    if (this.#pending.length > 0) this.#pumping ??= this.#pump()
  }

  /** As `write`, but gives what follows within `delayMs` the chance to go along in the same entry. */
  writeSoon(events: readonly StreamEvent[], delayMs: number): void {
    this.#pending.push(...events)
    this.#soon = setTimeout(() => this.write([]), delayMs)
  }

  /** Resolves when all that was written is in the log, or the log is lost. */
  async flushed(): Promise<'written' | Lost> {
    this.write([])
    while (this.#pumping !== undefined) await this.#pumping
    return this.lostReason ?? 'written'
  }

  async #pump(): Promise<void> {
    try {
      while (this.#pending.length > 0 && !this.#lost.signal.aborted) {
        const events = this.#pending
        this.#pending = []
        const seq = this.#entries.length + 1
        const entry = { seq, payload: encodeEvents(events), terminal: events.some(isTerminal) }
        this.#entries.push(entry)
        await this.#put(entry.seq)
        if (entry.terminal) this.#entries = []
      }
    } finally {
      // In the same turn as the last look at what is pending: a write after it starts the next pump.
      this.#pumping = undefined
    }
  }

  /** Writes the entries from `seq` to the newest, going back as far as the log says that it must. */
  async #put(seq: number): Promise<void> {
    for (let next = seq; next <= this.#entries.length && !this.#lost.signal.aborted;) {
      const entry = this.#entries[next - 1]
      if (entry === undefined) return
      const answer = await this.#append(entry)
      switch (answer.kind) {
        case 'ok':
          this.#heard(answer.heardBy)
          this.#claimed = true
          next += 1
          break
        case 'dup':
          this.#claimed = true
          next += 1
          break
        case 'gap':
          // An attempt whose first entry does not continue the log came too late: somebody wrote after it looked.
          if (!this.#claimed) return this.#lose('fenced')
          next = answer.last.attempt === this.#options.attempt ? answer.last.seq + 1 : 1
          break
        case 'fenced':
        case 'closed':
          return this.#lose(answer.kind)
      }
    }
  }

  async #append(entry: WrittenEntry): Promise<AppendAnswer> {
    const { attempt, after = beforeFirst, giveUpAtMs } = this.#options
    for (;;) {
      try {
        return await this.#scripts.append(this.#logKey, {
          id: { attempt, seq: entry.seq },
          after: entry.seq === 1 ? after : undefined,
          payload: entry.payload,
          terminal: entry.terminal,
          healing: this.#claimed,
        })
      } catch {
        // Redis is away, full or loading. Whether the entry arrived is unknown; asking again tells.
        if (Date.now() >= giveUpAtMs) {
          this.#lose('stopped')
          return { kind: 'closed' }
        }
        await delay(retryMs)
      }
    }
  }

  #heard(by: number): void {
    if (by > 0) this.#unheardSince = undefined
    else {
      this.#unheardSince ??= performance.now()
      if (performance.now() - this.#unheardSince > this.#options.unheardLimitMs) this.#lose('abandoned')
    }
  }

  #lose(reason: Lost): void {
    if (!this.#lost.signal.aborted) this.#lost.abort(reason)
    this.#pending = []
    this.#entries = []
  }
}
