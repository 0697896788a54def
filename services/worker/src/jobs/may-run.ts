import type { ErrorCode } from '@drover/shared/errors/catalogue'
import type { EntryId } from '@drover/shared/log/entry'
import { LogWriter } from '@drover/shared/log/writer'
import { triesMax } from '@drover/shared/queues'
import { unheardLimitMs } from '@drover/shared/redis/keys'
import { Stop } from '@drover/shared/stop'
import type { ChatDeps, Outcome } from './chat.ts'
import { readStanding } from './standing.ts'
import type { Ticket } from './ticket.ts'

/** How long an ending that says "no" waits for Redis. */
export const refusalMs = 30_000

export const untouched: Outcome = { kind: 'finished', host: 'untouched' }

/** The log as this start goes on with it. */
export interface Run {
  readonly kind: 'run'
  readonly attempt: number
  /** Last entry of an earlier start. */
  readonly after: EntryId | undefined
}

/** Whether a start may ask its host: not when the response has ended, is being written, or has no chance any more. */
export const mayRun = async (ticket: Ticket, deps: ChatDeps, logKey: string): Promise<Run | Outcome> => {
  const { job } = ticket
  let after: EntryId | undefined
  let { attempt } = ticket
  // A first start need not look: its claim tells.
  if (ticket.attempt > 1) {
    const standing = await readStanding(deps.redis, deps.keys, logKey)
    if (standing.kind === 'closed') return untouched
    if (standing.kind === 'claimed') {
      if (standing.live) return { kind: 'live' }
      after = standing.last
      // Two tickets of one job (a move that was cut short) may disagree; whoever looked last goes on.
      attempt = Math.max(attempt, standing.last.attempt + 1)
      if (standing.begun) return refuse({ ...ticket, attempt }, deps, logKey, 'upstream_lost', after)
    }
  }
  if (Date.now() >= job.deadlineAt) {
    const waitedS = Math.round((Date.now() - job.enqueuedAt) / 1000)
    return refuse({ ...ticket, attempt }, deps, logKey, 'deadline_exceeded', after, { waitedS })
  }
  if (ticket.tries > triesMax) {
    const fallback = deps.fallback(job, 'upstream_failed')
    if (fallback !== undefined) return { kind: 'fallback', model: fallback }
    const params = { model: askedModel(job), attempts: ticket.tries - 1 }
    return refuse({ ...ticket, attempt }, deps, logKey, 'upstream_failed', after, params)
  }
  return { kind: 'run', attempt, after }
}

/** The name the client gave, whichever model stands in for it. */
export const askedModel = (job: Pick<Ticket['job'], 'model' | 'tried'>): string => job.tried[0] ?? job.model

/** Ends a response that this start will not generate. */
const refuse = async (
  ticket: Ticket,
  deps: ChatDeps,
  logKey: string,
  code: ErrorCode,
  after: EntryId | undefined,
  params: Record<string, string | number> = {},
): Promise<Outcome> => {
  const writer = new LogWriter(deps.scripts, logKey, {
    attempt: ticket.attempt,
    ...(after === undefined ? {} : { after }),
    giveUpAtMs: Date.now() + refusalMs,
    unheardLimitMs: unheardLimitMs.raw,
  })
  writer.write([{ type: 'error', code, params }])
  await writer.flushed()
  using patience = new Stop<'time'>().after(refusalMs, 'time')
  if (ticket.job.guard.output) await deps.enqueueGuard(ticket.job, patience.signal)
  return untouched
}
