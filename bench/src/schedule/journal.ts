import { readFile } from 'node:fs/promises'

/** What the stand-in hosts wrote down: two lines per request, when it came in and when it had ended. */

export interface JournalEntry {
  readonly host: number
  readonly model: string
  readonly body: string
  /** Unix milliseconds. */
  readonly startedAt: number
  readonly endedAt?: number
  readonly tokens: number
  readonly promptChars: number
  readonly cachedChars: number
  /** Absent: it had just come in. */
  readonly outcome?: 'done' | 'aborted' | 'fault' | 'refused'
}

export const readJournal = async (file: string): Promise<JournalEntry[]> => {
  const lines = (await readFile(file, 'utf8')).split('\n')
  // A kill may have cut the last line.
  return lines.flatMap(line => (line.endsWith('}') ? (JSON.parse(line) as JournalEntry) : []))
}

/** Ends only. */
export const ended = (entries: readonly JournalEntry[]): JournalEntry[] =>
  entries.filter(({ outcome }) => outcome !== undefined)

/** The seed a request was sent with: who it is. */
export const seedOf = ({ body }: JournalEntry): number =>
  (JSON.parse(body) as { options?: { seed?: number } }).options?.seed ?? NaN
