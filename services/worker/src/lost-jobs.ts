import type { Logger } from '@drover/shared/logger'
import type { Job } from 'bullmq'
import { randomUUID } from 'node:crypto'
import type { LogScripts } from '@drover/shared/log/scripts'
import { readTicket } from './jobs/ticket.ts'
import { endUnreadable } from './jobs/unreadable.ts'
import type { Lines } from './lines.ts'
import type { PullQueues } from '@drover/shared/pull/pull-queues'
import type { Router } from './router.ts'

export interface LostJobsDeps {
  readonly lines: Lines
  readonly pullQueues: PullQueues
  readonly router: Router
  readonly scripts: LogScripts
  readonly logger: Logger
}

/** What waits on the own queue of a host that is down or drained, or has the model no more, goes to the group. */
export class LostJobs {
  readonly #deps: LostJobsDeps
  /** Queues that are being emptied. */
  readonly #moving = new Set<string>()

  constructor(deps: LostJobsDeps) {
    this.#deps = deps
  }

  /** Until none waits; should it fail, the next look finds what is left. */
  sendAway(queue: string): void {
    if (this.#moving.has(queue)) return
    this.#moving.add(queue)
    this.#sendAway(queue)
      .catch((error: unknown) => this.#deps.logger.warn({ err: error, queue }, 'could not send jobs away'))
      .finally(() => this.#moving.delete(queue))
  }

  async #sendAway(queue: string): Promise<void> {
    const { lines, pullQueues } = this.#deps
    const token = randomUUID()
    for (;;) {
      const mark = lines.begin(queue, performance.now())
      const job = await pullQueues.fetch(queue, token)
      if (job === undefined) return lines.empty(queue, mark, performance.now())
      lines.fetched(queue, performance.now())
      await this.#move(job, token)
    }
  }

  async #move(job: Job, token: string): Promise<void> {
    const ticket = readTicket(job)
    if (ticket === undefined) await endUnreadable(job, token, this.#deps.scripts)
    // It was not tried here.
    else await this.#deps.router.sendToGroup(job, token, { ...ticket, tries: ticket.tries - 1 })
  }
}
