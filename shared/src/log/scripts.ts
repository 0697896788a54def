import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { encodeEvents, type TerminalEvent } from '../events.ts'
import { logTtlMs, type Keys, type LogName } from '../redis/keys.ts'
import { formatId, parseId, parseRangeItem, type EntryId, type RawEntry } from './entry.ts'

const lua = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')

/** Above every attempt of a worker or guard: who writes as this one fences them all. */
const outsiderAttempt = 1_000_000_000_000

export type AppendAnswer =
  /** `heardBy`: how many processes listen to this response. */
  | { kind: 'ok'; heardBy: number }
  /** This entry is in the log already (a re-sent command). */
  | { kind: 'dup' }
  /** A newer attempt owns the log. */
  | { kind: 'fenced' }
  /** The log has its terminal entry. */
  | { kind: 'closed' }
  /** Entries between `last` and this one are not in the log. */
  | { kind: 'gap'; last: EntryId }

export interface AppendRequest {
  readonly id: EntryId
  /** Entry that a new attempt's first entry continues; undefined for every other entry. */
  readonly after: EntryId | undefined
  readonly payload: string
  readonly terminal: boolean
  /** Re-appending, after Redis lost it, what this attempt had written. */
  readonly healing: boolean
}

interface Scripts {
  droverAppend(
    log: string,
    listeners: string,
    attempt: number,
    seq: number,
    after: string,
    payload: string,
    terminal: string,
    healing: string,
    ttlMs: number,
  ): Promise<string>
  droverListen(
    log: string,
    listeners: string,
    channel: string,
    ttlMs: number,
    after: string,
    count: number,
  ): Promise<[string, string[]][]>
  droverClose(log: string, listeners: string, attempt: number, payload: string, ttlMs: number): Promise<number>
}

/** All that is done to a log, on one connection; one round trip each. */
export class LogScripts {
  readonly #redis: Redis & Scripts
  readonly #keys: Keys

  constructor(redis: Redis, keys: Keys) {
    redis.defineCommand('droverAppend', { numberOfKeys: 2, lua: lua('append.lua') })
    redis.defineCommand('droverListen', { numberOfKeys: 2, lua: lua('listen.lua') })
    redis.defineCommand('droverClose', { numberOfKeys: 2, lua: lua('close.lua') })
    this.#redis = redis as Redis & Scripts
    this.#keys = keys
  }

  /** Rejects when Redis does not answer in time: the entry may then be in the log or not. */
  async append(logKey: string, entry: AppendRequest): Promise<AppendAnswer> {
    const answer = await this.#redis.droverAppend(
      logKey,
      this.#keys.listeners(logKey),
      entry.id.attempt,
      entry.id.seq,
      entry.after === undefined ? '-' : formatId(entry.after),
      entry.payload,
      entry.terminal ? '1' : '',
      entry.healing ? '1' : '',
      logTtlMs,
    )
    return readAnswer(answer)
  }

  /**
   * Publishes to `channel` from now on, and answers the entries after `after`, oldest first; none when it is undefined,
   * because nobody can have written yet. Scripts, because a pipeline object costs more than the commands in it.
   */
  async listen(logKey: string, channel: string, after: EntryId | undefined, count: number): Promise<RawEntry[]> {
    const from = after === undefined ? '' : formatId(after)
    const items = await this.#redis.droverListen(logKey, this.#keys.listeners(logKey), channel, logTtlMs, from, count)
    return items.map(parseRangeItem)
  }

  /** The log's writers no longer publish to `channel`. */
  async leave(logKey: string, channel: string): Promise<void> {
    await this.#redis.srem(this.#keys.listeners(logKey), channel)
  }

  /** Ends a response from outside, on the logs named. Resolves to whether the last of them was still open. */
  async close(responseId: string, names: readonly LogName[], event: TerminalEvent): Promise<boolean> {
    const payload = encodeEvents([event])
    const closed = await Promise.all(
      names.map(name => {
        const key = this.#keys.log(responseId, name)
        return this.#redis.droverClose(key, this.#keys.listeners(key), outsiderAttempt, payload, logTtlMs)
      }),
    )
    return closed.at(-1) === 1
  }

  /** Of a response that has ended, and that nobody reads any more, only that it has ended stays. */
  async forget(responseId: string, names: readonly LogName[]): Promise<void> {
    const payload = encodeEvents([{ type: 'cancelled' }])
    await Promise.all(
      names.map(name => {
        const key = this.#keys.log(responseId, name)
        const id = formatId({ attempt: outsiderAttempt, seq: 1 })
        // At once, so that no writer takes it for a log that Redis has lost.
        const replaced = this.#redis.multi().del(key).xadd(key, id, 'e', payload, 'p', '0-0', 't', '1')
        return replaced.pexpire(key, logTtlMs).exec()
      }),
    )
  }
}

const readAnswer = (answer: string): AppendAnswer => {
  const [kind, rest = ''] = answer.split(':', 2)
  switch (kind) {
    case 'OK':
      return { kind: 'ok', heardBy: Number(rest) }
    case 'DUP':
      return { kind: 'dup' }
    case 'FENCED':
      return { kind: 'fenced' }
    case 'CLOSED':
      return { kind: 'closed' }
    case 'GAP':
      return { kind: 'gap', last: parseId(rest) }
    default:
      throw new Error(`append.lua answered ${answer}`)
  }
}
