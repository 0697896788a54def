import { jobClasses, queues, type JobClass } from '@drover/shared/queues'
import type { Line } from '@drover/shared/scheduling/pull'

/** A queue that this process may fetch from. */
export interface Source {
  readonly queue: string
  readonly model: string
  readonly class: JobClass
  /** Whose own queue it is; undefined for a group's. */
  readonly hostId: string | undefined
}

/** A look at a queue in Redis. */
export interface Sight {
  readonly waiting: number
  /** Jobs that run, or that a dead worker ran. */
  readonly active: number
  /** Job id, absent when none waits. */
  readonly head: string | undefined
  readonly headWaitMs: number
  /** The job that was the head at the last look does not wait any more. */
  readonly served: boolean
}

/** What had been heard, and given to a host, when a question was sent: what came after it is not in its answer. */
export interface Mark {
  readonly calls: number
  /** Fetches sent, and jobs left to another process. */
  readonly given: number
}

interface Known extends Source {
  waiting: number
  calls: number
  given: number
  /** When the jobs that wait were added, as far as it was heard: the head's, then those behind it. */
  arrivalsMs: number[]
  /** The head's, where it was not heard. */
  headSinceMs: number
  unservedSinceMs: number
  head: string | undefined
}

/** Times of addition that are kept of a line; how long the jobs behind them have waited is known less exactly. */
const arrivalsMax = 256

/** The queues of a model that all of its hosts share. */
export const groupSources = (model: string): Source[] =>
  jobClasses.map(jobClass => ({
    queue: queues.group(model, jobClass),
    model,
    class: jobClass,
    hostId: undefined,
  }))

export const hostSource = (hostId: string, model: string): Source => ({
  queue: queues.host(hostId, model),
  model,
  class: 'interactive',
  hostId,
})

/**
 * How many jobs wait where, as far as this process knows. A count may be too high, which costs an empty fetch; it is
 * never too low for longer than a message or a look takes. Times are `performance.now()`.
 */
export class Lines {
  readonly #known = new Map<string, Known>()
  /** Those that have jobs, so that a decision looks at no others. */
  readonly #waiting = new Set<Known>()

  /** From now on these and no others. Answers whether there are new ones, of which nothing is known. */
  keep(sources: Iterable<Source>): boolean {
    const wanted = new Map([...sources].map(source => [source.queue, source]))
    for (const [queue, known] of this.#known)
      if (!wanted.has(queue)) {
        this.#known.delete(queue)
        this.#waiting.delete(known)
      }
    let news = false
    for (const source of wanted.values()) {
      if (this.#known.has(source.queue)) continue
      news = true
      const counts = { waiting: 0, calls: 0, given: 0 }
      const times = { arrivalsMs: [], headSinceMs: 0, unservedSinceMs: 0, head: undefined }
      this.#known.set(source.queue, { ...source, ...counts, ...times })
    }
    return news
  }

  /** Everything there is to look at, with the head that was there at the last look. */
  all(): (Source & { readonly head: string | undefined })[] {
    return [...this.#known.values()]
  }

  waiting(queue: string): number {
    return this.#known.get(queue)?.waiting ?? 0
  }

  /** Lines of the groups that have jobs. */
  shared(nowMs: number): Line[] {
    return this.#lines(nowMs, undefined)
  }

  /** Lines of a host's own queues that have jobs. */
  bound(hostId: string, nowMs: number): Line[] {
    return this.#lines(nowMs, hostId)
  }

  /** Hosts that have jobs of their own. */
  boundHosts(): Set<string> {
    return new Set([...this.#waiting].flatMap(known => known.hostId ?? []))
  }

  /** Somebody says that a job was added. */
  called(queue: string, nowMs: number): void {
    const known = this.#known.get(queue)
    if (known === undefined) return
    known.calls += 1
    this.#set(known, known.waiting + 1, nowMs)
    if (known.arrivalsMs.length < arrivalsMax) known.arrivalsMs.push(nowMs)
  }

  mark(queue: string): Mark {
    const { calls = 0, given = 0 } = this.#known.get(queue) ?? {}
    return { calls, given }
  }

  /** A fetch is sent. */
  begin(queue: string, nowMs: number): Mark {
    this.leave(queue, nowMs)
    return this.mark(queue)
  }

  /** It brought a job. */
  fetched(queue: string, nowMs: number): void {
    const known = this.#known.get(queue)
    if (known !== undefined) known.unservedSinceMs = nowMs
  }

  /** It brought none. */
  empty(queue: string, mark: Mark, nowMs: number): void {
    const known = this.#known.get(queue)
    if (known !== undefined) this.#set(known, sinceThen(known, mark, 0), nowMs)
  }

  /** One of its jobs is another process's business. */
  leave(queue: string, nowMs: number): void {
    const known = this.#known.get(queue)
    if (known !== undefined) this.#behead(known, nowMs)
  }

  /** @param mark as it was when the look was sent. */
  looked(queue: string, sight: Sight, mark: Mark, nowMs: number): void {
    const known = this.#known.get(queue)
    if (known === undefined) return
    const { waiting: before, unservedSinceMs } = known
    this.#set(known, sinceThen(known, mark, sight.waiting), nowMs)
    known.head = sight.head
    if (sight.head === undefined) return
    known.headSinceMs = nowMs - sight.headWaitMs
    if (known.arrivalsMs.length === known.waiting) known.arrivalsMs[0] = known.headSinceMs
    else known.arrivalsMs.unshift(known.headSinceMs)
    if (sight.served) known.unservedSinceMs = nowMs
    else known.unservedSinceMs = before > 0 ? unservedSinceMs : Math.max(unservedSinceMs, known.headSinceMs)
  }

  #set(known: Known, waiting: number, nowMs: number): void {
    if (known.waiting === 0 && waiting > 0) {
      known.headSinceMs = nowMs
      known.unservedSinceMs = nowMs
      this.#waiting.add(known)
    }
    if (waiting === 0) this.#waiting.delete(known)
    if (known.arrivalsMs.length > waiting) known.arrivalsMs.splice(0, known.arrivalsMs.length - waiting)
    known.waiting = waiting
  }

  #behead(known: Known, nowMs: number): void {
    known.given += 1
    known.headSinceMs = known.arrivalsMs.shift() ?? known.headSinceMs
    this.#set(known, Math.max(0, known.waiting - 1), nowMs)
  }

  #lines(nowMs: number, hostId: string | undefined): Line[] {
    const lines: Line[] = []
    for (const known of this.#waiting) {
      if (known.hostId !== hostId) continue
      lines.push({
        model: known.model,
        class: known.class,
        waiting: known.waiting,
        headWaitMs: Math.max(0, nowMs - (known.arrivalsMs[0] ?? known.headSinceMs)),
        unservedMs: Math.max(0, nowMs - known.unservedSinceMs),
      })
    }
    return lines
  }
}

/** What waits now if `waiting` did when the mark was made: calls have come, and jobs were given to hosts. */
const sinceThen = ({ calls, given }: Mark, mark: Mark, waiting: number): number =>
  Math.max(0, waiting + (calls - mark.calls) - (given - mark.given))
