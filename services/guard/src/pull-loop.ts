import type { Logger } from '@drover/shared/logger'
import { MarkerWait } from '@drover/shared/pull/marker-wait'
import type { PullQueues } from '@drover/shared/pull/pull-queues'
import type { Job } from 'bullmq'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

export type Outcome =
  /** The response has what this job was for. */
  | { kind: 'finished' }
  /** Back to the head of its queue, for whoever is free first. */
  | { kind: 'returned' }
  /** It cannot be done, and its response has been told so. */
  | { kind: 'failed'; error: Error }

export interface PullLoopOptions {
  readonly queue: string
  /** Jobs that run at a time. */
  readonly limit: number
  readonly pullQueues: PullQueues
  readonly redisUrl: string
  readonly logger: Logger
  /** A job whose run rejects is let go: its lock runs out, and then it is taken up again. */
  run(job: Job): Promise<Outcome>
}

/** Before the next try when Redis refuses (READONLY, MISCONF): it does so at once. */
const refusedMs = 500

/** What runs is handed over at once, so an orderly end takes milliseconds; with Redis away, locks run out instead. */
const endLimitMs = 2_000

/** Pulls the jobs of one queue, from its construction until it is disposed. */
export class PullLoop implements AsyncDisposable {
  readonly #options: PullLoopOptions
  readonly #wait: MarkerWait
  readonly #closing = new AbortController()
  /** By lock token, which a chain of jobs keeps; one job may be here twice after a lock was lost. */
  readonly #running = new Map<string, Job>()
  readonly #loop: Promise<void>
  #changed = Promise.withResolvers<void>()

  constructor(options: PullLoopOptions) {
    this.#options = options
    this.#wait = new MarkerWait(options.redisUrl)
    this.#loop = this.#pull()
  }

  /** Stops pulling and waits for what runs, which is the caller's to interrupt. Two seconds at most, never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    this.#wait.interrupt()
    this.#change()
    await Promise.race([this.#ended(), delay(endLimitMs, undefined, { ref: false })])
  }

  async renewLocks(): Promise<void> {
    if (this.#running.size === 0) return
    const jobs = new Map([...this.#running].map(([token, job]) => [job.id ?? '', token]))
    await this.#options.pullQueues.renew(this.#options.queue, jobs)
  }

  async #ended(): Promise<void> {
    await this.#loop
    while (this.#running.size > 0) await this.#changed.promise
    // The wait that was interrupted may have taken the marker of what was handed over.
    for (const marker of this.#markers()) await this.#options.pullQueues.call(marker)
  }

  async #pull(): Promise<void> {
    let again = false
    while (!this.#closing.signal.aborted) {
      if (this.#running.size >= this.#options.limit) {
        await this.#changed.promise
        continue
      }
      if (!again) await this.#wait.forJob(this.#markers())
      again = await this.#fetch()
    }
  }

  /** Resolves to whether to ask again without waiting for a marker. */
  async #fetch(): Promise<boolean> {
    const { pullQueues, queue, logger } = this.#options
    const { signal } = this.#closing
    if (signal.aborted) return false
    const token = randomUUID()
    try {
      const job = await pullQueues.fetch(queue, token)
      if (job === undefined) return false
      void this.#run(job, token)
      // With several jobs under way there are likely more: asking at once saves the wait for a marker per job.
      return this.#running.size > 1
    } catch (error) {
      logger.warn({ err: error, queue }, 'could not pull')
      await delay(refusedMs, undefined, { signal }).catch(() => {})
      return true
    }
  }

  /** Runs a job, and then what comes back with its completion, until the queue gives nothing more. Never rejects. */
  async #run(first: Job, token: string): Promise<void> {
    const { logger, queue } = this.#options
    for (let job: Job | undefined = first; job !== undefined;) {
      this.#running.set(token, job)
      try {
        const outcome: Outcome = this.#closing.signal.aborted ? { kind: 'returned' } : await this.#options.run(job)
        job = await this.#settle(job, token, outcome)
      } catch (error) {
        // Redis away at the wrong moment, or a bug.
        logger.warn({ err: error, id: job?.id, queue }, 'a job was let go')
        job = undefined
      }
    }
    this.#running.delete(token)
    this.#change()
  }

  async #settle(job: Job, token: string, outcome: Outcome): Promise<Job | undefined> {
    const { pullQueues, logger, queue } = this.#options
    switch (outcome.kind) {
      case 'finished':
        return pullQueues.complete(job, token, !this.#closing.signal.aborted)
      case 'returned':
        await job.moveToWait(token)
        return undefined
      case 'failed':
        logger.error({ err: outcome.error, id: job.id, queue }, 'a job failed')
        await job.moveToFailed(outcome.error, token, false)
        return undefined
    }
  }

  #markers(): string[] {
    return this.#options.pullQueues.markers([this.#options.queue])
  }

  #change(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
