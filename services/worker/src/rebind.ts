import { queues } from '@drover/shared/queues'
import { Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { readTicket } from './jobs/ticket.ts'
import type { PullQueues } from '@drover/shared/pull/pull-queues'
import type { Router } from './router.ts'

export interface RebindDeps {
  readonly redis: Redis
  readonly pullQueues: Pick<PullQueues, 'get' | 'fetch'>
  readonly router: Pick<Router, 'sendToGroup' | 'giveBack'>
  /** Whether a host but this one takes jobs of the model. */
  openElsewhere(hostId: string, model: string): boolean
  /** Redis is away, or a bug: it is tried again. */
  onError(error: Error): void
}

/** Most jobs of a queue that are looked at, read and moved in one go. */
const idsMax = 2_000
const readMax = 64
const movedMax = 16

/** What is added meanwhile is looked at together. */
const soonMs = 100

/** Before the next try while no other host is open, or Redis is away. */
const retryMs = 1_000

const bound = z.object({ boundUntil: z.number().default(Infinity), enqueuedAt: z.number().default(-Infinity) })

interface Watched {
  readonly hostId: string
  readonly model: string
  readonly queue: string
  /** `boundUntil` of each job that waits, as far as it was read, as `performance.now()`: clocks jump. */
  untils: Map<string, number>
  timer: NodeJS.Timeout | undefined
  /** `performance.now()`. */
  timerAtMs: number
  looking: boolean
}

/**
 * A JOB BOUND TO A HOST DOES NOT WAIT FOR IT FOR EVER. Those on the own queues of this process's hosts that have waited
 * past their `boundUntil` go to their group, before all others there. A job is fetched, hence locked, before it moves, so
 * that nobody runs it meanwhile; how it moves is the router's business.
 */
export class Rebinder implements Disposable {
  readonly #deps: RebindDeps
  readonly #watched = new Map<string, Watched>()

  constructor(deps: RebindDeps) {
    this.#deps = deps
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#watched.values()) clearTimeout(timer)
    this.#watched.clear()
  }

  /** Jobs wait on the host's own queue. Costs nothing when they are soon looked at anyway. */
  waiting(hostId: string, model: string): void {
    const queue = queues.host(hostId, model)
    const fresh = { hostId, model, queue, untils: new Map(), timer: undefined, timerAtMs: 0, looking: false }
    const watched = this.#watched.get(queue) ?? fresh
    this.#watched.set(queue, watched)
    this.#lookIn(watched, soonMs)
  }

  /** The host is another process's from now on. */
  forget(hostId: string): void {
    for (const watched of this.#watched.values()) {
      if (watched.hostId !== hostId) continue
      clearTimeout(watched.timer)
      this.#watched.delete(watched.queue)
    }
  }

  #lookIn(watched: Watched, ms: number): void {
    if (this.#watched.get(watched.queue) !== watched) return
    const atMs = performance.now() + ms
    if (watched.timer !== undefined && watched.timerAtMs <= atMs) return
    clearTimeout(watched.timer)
    watched.timerAtMs = atMs
    watched.timer = setTimeout(() => void this.#look(watched), ms)
  }

  async #look(watched: Watched): Promise<void> {
    watched.timer = undefined
    if (watched.looking) return this.#lookIn(watched, soonMs)
    watched.looking = true
    try {
      this.#lookIn(watched, await this.#moveOverdue(watched))
    } catch (error) {
      this.#deps.onError(error as Error)
      this.#lookIn(watched, retryMs)
    } finally {
      watched.looking = false
    }
  }

  /** Resolves to when to look again, ms from now; a queue where nothing waits is forgotten. */
  async #moveOverdue(watched: Watched): Promise<number> {
    const ids = await this.#waitingIds(watched)
    const unread = await this.#readUntils(watched, ids)
    if (ids.length === 0 && watched.timer === undefined) this.#watched.delete(watched.queue)
    const overdue = ids.filter(id => (watched.untils.get(id) ?? Infinity) <= performance.now())
    if (overdue.length > 0 && !this.#deps.openElsewhere(watched.hostId, watched.model)) return retryMs
    for (const id of overdue.slice(0, movedMax)) {
      // Given up while this waited: the next owner goes on.
      if (this.#watched.get(watched.queue) !== watched) return retryMs
      await this.#move(watched, id)
    }
    if (unread || overdue.length > movedMax) return 0
    const next = Math.min(...ids.filter(id => !overdue.includes(id)).map(id => watched.untils.get(id) ?? Infinity))
    // Further away than this, it is looked at once more on the way: timers are 31 bits.
    return Math.min(Math.max(0, next - performance.now()), 60_000)
  }

  /** In the order in which they would run. */
  async #waitingIds({ queue }: Watched): Promise<string[]> {
    const key = this.#deps.pullQueues.get(queue)
    const [wait, prioritized] = await Promise.all([
      this.#deps.redis.lrange(key.toKey('wait'), -idsMax, -1),
      this.#deps.redis.zrange(key.toKey('prioritized'), '0', String(idsMax - 1)),
    ])
    return [...wait.reverse(), ...prioritized]
  }

  /** Each job is read once. Answers whether some were left for the next time. */
  async #readUntils(watched: Watched, ids: readonly string[]): Promise<boolean> {
    const known = watched.untils
    watched.untils = new Map(ids.flatMap(id => (known.has(id) ? [[id, known.get(id) ?? Infinity]] : [])))
    const unread = ids.filter(id => !known.has(id))
    const worker = this.#deps.pullQueues.get(watched.queue)
    const read = unread.slice(0, readMax)
    const jobs = await Promise.all(read.map(id => this.#deps.redis.hget(worker.toKey(id), 'data')))
    for (const [index, id] of read.entries()) watched.untils.set(id, performance.now() + boundMs(jobs[index] ?? ''))
    return unread.length > readMax
  }

  /** Brought to the head of its queue and fetched, because BullMQ locks a job only by fetching it. */
  async #move({ queue }: Watched, id: string): Promise<void> {
    const { pullQueues, router } = this.#deps
    const waiting = await Job.fromId(pullQueues.get(queue), id)
    if (waiting === undefined) return
    await waiting.changePriority({ priority: 0, lifo: true })
    const token = randomUUID()
    const job = await pullQueues.fetch(queue, token)
    if (job === undefined) return
    const ticket = readTicket(job)
    // The host was quicker, and this is the one behind it. What cannot be read is for a slot to end.
    if (ticket === undefined) await job.moveToWait(token)
    else if (job.id !== id) await router.giveBack(job, token, ticket.job)
    // It was not tried here.
    else await router.sendToGroup(job, token, { ...ticket, tries: ticket.tries - 1 })
  }
}

/** How much longer, by this process's clock. Never longer than by the clock of who bound it, should that be ahead. */
const boundMs = (data: string): number => {
  try {
    const { boundUntil, enqueuedAt } = bound.parse(JSON.parse(data))
    return Math.min(boundUntil - Date.now(), boundUntil - enqueuedAt)
  } catch {
    return Infinity
  }
}
