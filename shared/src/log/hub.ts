import type { Redis } from 'ioredis'
import type { Keys } from '../redis/keys.ts'
import { parseMessage, type EntryId, type RawEntry } from './entry.ts'
import type { LogScripts } from './scripts.ts'

/** First look at a quiet log, and the longest pause between looks: a lost message is rare, 5,000 idle streams are not. */
const quietMs = { first: 1_000, max: 10_000 }

/** Together below the time after which a writer takes a silent reader for gone. */
const pingMs = 1_000
const pongMs = 2_000

/** Entries a range returns at most: a full page says that there may be more. */
export const rangeCount = 512

/** Where a process hears about the logs it reads: one channel and one subscription for all of them. */
export class LogHub implements AsyncDisposable {
  readonly #channel: string
  readonly #scripts: LogScripts
  readonly #subscriber: Redis
  readonly #boxes = new Map<string, Set<Mailbox>>()
  readonly #timer: NodeJS.Timeout
  readonly #pings: NodeJS.Timeout
  #pinging = false

  /**
   * @param readerId unique to the process.
   * @param subscriber borrowed; it serves pub/sub only.
   */
  private constructor(readerId: string, keys: Keys, scripts: LogScripts, subscriber: Redis) {
    this.#channel = keys.inbox(readerId)
    this.#scripts = scripts
    this.#subscriber = subscriber
    this.#subscriber.on('message', this.#onMessage)
    // Whatever was published while the subscriber was away is only in the log.
    this.#subscriber.on('ready', this.#onReady)
    this.#timer = setInterval(() => this.#lookAtQuietLogs(), quietMs.first)
    // A connection that only listens does not notice its own death; an unanswered ping makes it reconnect.
    this.#pings = setInterval(() => void this.#ping(), pingMs)
  }

  /** Resolves when the process can hear. */
  static async open(readerId: string, keys: Keys, scripts: LogScripts, subscriber: Redis): Promise<LogHub> {
    const hub = new LogHub(readerId, keys, scripts, subscriber)
    await subscriber.subscribe(hub.#channel)
    return hub
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    clearInterval(this.#pings)
    this.#subscriber.off('message', this.#onMessage)
    this.#subscriber.off('ready', this.#onReady)
    // Not waited for: a subscriber that reconnects does not answer before its Redis is back.
    this.#subscriber.unsubscribe(this.#channel).catch(() => {})
  }

  /** A mailbox hears its log from this call on; listeners are counted, so one that leaves never silences another. */
  openMailbox(logKey: string, signal: AbortSignal): Mailbox {
    const boxes = this.#boxes.get(logKey) ?? new Set()
    const box = new Mailbox(signal, () => {
      boxes.delete(box)
      if (boxes.size === 0) this.#boxes.delete(logKey)
    })
    this.#boxes.set(logKey, boxes.add(box))
    return box
  }

  /** Has the writers of a log that nobody can have written yet publish to this process. */
  async announce(logKey: string): Promise<void> {
    await this.#scripts.listen(logKey, this.#channel, undefined, 0)
  }

  /** Entries after `position`, oldest first, at most 512. Announces again: Redis may have lost that, too. */
  range(logKey: string, position: EntryId): Promise<RawEntry[]> {
    return this.#scripts.listen(logKey, this.#channel, position, rangeCount)
  }

  readonly #onMessage = (channel: string, message: string): void => {
    if (channel !== this.#channel) return
    const { logKey, entry } = parseMessage(message)
    const boxes = this.#boxes.get(logKey)
    // Nobody here reads it any more. Saying so is how a writer learns that nobody listens when a cancel got lost.
    if (boxes === undefined) this.#scripts.leave(logKey, this.#channel).catch(() => {})
    else for (const box of boxes) box.deliver(entry)
  }

  async #ping(): Promise<void> {
    if (this.#subscriber.status !== 'ready' || this.#pinging) return
    this.#pinging = true
    const dead = setTimeout(() => this.#subscriber.disconnect(true), pongMs)
    await this.#subscriber.ping().catch(() => {})
    clearTimeout(dead)
    this.#pinging = false
  }

  readonly #onReady = (): void => {
    for (const box of this.#all()) box.distrust()
  }

  #lookAtQuietLogs(): void {
    const now = performance.now()
    for (const box of this.#all()) box.distrustWhenQuiet(now)
  }

  *#all(): Generator<Mailbox> {
    for (const boxes of this.#boxes.values()) yield* boxes
  }
}

/** What one reader has heard and not yet taken. */
export class Mailbox implements Disposable {
  /** Whether only the log can tell what comes next. */
  stale = false
  readonly #entries: RawEntry[] = []
  readonly #signal: AbortSignal
  readonly #leave: () => void
  #arrived: (() => void) | undefined
  #lookAt = performance.now() + quietMs.first
  #pauseMs = quietMs.first

  constructor(signal: AbortSignal, leave: () => void) {
    this.#signal = signal
    this.#leave = leave
    signal.addEventListener('abort', this.#wake)
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#wake)
    this.#leave()
  }

  deliver(entry: RawEntry): void {
    // A reader this far behind reads the log faster than it drains the mailbox; the log holds all of it.
    if (this.#entries.length >= rangeCount) {
      this.#entries.length = 0
      this.stale = true
    }
    this.#entries.push(entry)
    this.#pauseMs = quietMs.first
    this.#lookAt = performance.now() + this.#pauseMs
    this.#wake()
  }

  distrust(): void {
    this.stale = true
    this.#wake()
  }

  distrustWhenQuiet(now: number): void {
    if (now < this.#lookAt) return
    this.#pauseMs = Math.min(this.#pauseMs * 2, quietMs.max)
    this.#lookAt = now + this.#pauseMs
    this.distrust()
  }

  take(): RawEntry | undefined {
    return this.#entries.shift()
  }

  /** Resolves when there is something to do, or at once; also when the reader's signal aborts. */
  async arrival(): Promise<void> {
    if (this.stale || this.#entries.length > 0 || this.#signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#arrived = resolve
    await promise
    this.#arrived = undefined
  }

  readonly #wake = (): void => this.#arrived?.()
}
