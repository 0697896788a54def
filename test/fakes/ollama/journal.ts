/** What came in and how it ended, and a way to await it. */

export interface RequestRecord {
  readonly path: string
  readonly model: string
  /** As received. */
  readonly body: string
  /** Unix milliseconds. */
  readonly startedAt: number
  endedAt: number | undefined
  /** Tokens generated so far; of embeddings, vectors. */
  tokens: number
  /** Of the prompt, in characters as they are counted for `promptCharMs`; both 0 where that costs nothing. */
  promptChars: number
  cachedChars: number
  /** `aborted`: the connection closed first: the client left, or the host went down. `fault`: a scripted fault ended it. `refused`: 4xx or 503 by Ollama's own rules. */
  outcome: Outcome | undefined
}

export type Outcome = 'done' | 'aborted' | 'fault' | 'refused'

/** Older records are dropped, so that a demo may run for ever. */
const recordsMax = 10_000

export class Journal implements Disposable {
  readonly requests: RequestRecord[] = []
  /** Requests without a prompt, which only load or unload a model: they take no slot. */
  readonly controls: RequestRecord[] = []
  readonly #onRequest: (record: RequestRecord) => void
  readonly #watchers = new Set<(closed?: Error) => void>()
  /** Requests received and not ended, waiting ones included. */
  inFlight = 0
  inFlightMax = 0

  constructor(onRequest: (record: RequestRecord) => void) {
    this.#onRequest = onRequest
  }

  open(path: string, model: string, body: string, isControl = false): RequestRecord {
    const record: RequestRecord = {
      path,
      model,
      body,
      startedAt: Date.now(),
      endedAt: undefined,
      tokens: 0,
      promptChars: 0,
      cachedChars: 0,
      outcome: undefined,
    }
    const records = isControl ? this.controls : this.requests
    records.push(record)
    if (records.length > recordsMax) records.shift()
    if (!isControl) {
      this.inFlight++
      this.inFlightMax = Math.max(this.inFlightMax, this.inFlight)
    }
    this.#onRequest(record)
    this.changed()
    return record
  }

  close(record: RequestRecord, outcome: Outcome): void {
    record.outcome = outcome
    record.endedAt = Date.now()
    if (!this.controls.includes(record)) this.inFlight--
    this.#onRequest(record)
    this.changed()
  }

  changed(): void {
    for (const watcher of this.#watchers) watcher()
  }

  /** Resolves once the predicate holds; it is asked after every change. Rejects after `timeoutMs`. */
  waitFor(predicate: () => boolean, timeoutMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const settle = (done: () => void): void => {
      clearTimeout(timer)
      this.#watchers.delete(watcher)
      done()
    }
    const watcher = (closed?: Error): void => {
      try {
        if (predicate()) settle(resolve)
        else if (closed !== undefined) settle(() => reject(closed))
      } catch (error) {
        settle(() => reject(error))
      }
    }
    const late = new Error(`not reached within ${timeoutMs} ms: ${predicate.toString()}`)
    const timer = setTimeout(() => settle(() => reject(late)), timeoutMs)
    this.#watchers.add(watcher)
    watcher()
    return promise
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) watcher(new Error('the stand-in was closed'))
  }
}
