import type { StreamEvent } from '@drover/shared/events'
import type { ErrorCode } from '@drover/shared/errors/catalogue'
import type { EntryId } from '@drover/shared/log/entry'
import type { LogScripts } from '@drover/shared/log/scripts'
import { LogWriter } from '@drover/shared/log/writer'
import { triesMax, type ChatJob, type ChatRequest } from '@drover/shared/queues'
import { unheardLimitMs, type Keys } from '@drover/shared/redis/keys'
import { Stop } from '@drover/shared/stop'
import type { Redis } from 'ioredis'
import { setTimeout as delay } from 'node:timers/promises'
import { HostFailure } from '../hosts/host-failure.ts'
import { readStanding } from './standing.ts'
import type { Ticket } from './ticket.ts'

/** THE LIFE OF A JOB, from a slot that pulled it to the end of its log. `docs/life-of-a-request.md`, steps 6 and 7. */

export interface ChatDeps {
  readonly redis: Redis
  readonly keys: Keys
  readonly scripts: LogScripts
  readonly workerId: string
  readonly hostId: string
  /** Ends with an `end` event or throws HostFailure; see `OllamaHost.chat`. */
  generate(request: ChatRequest, signal: AbortSignal): AsyncIterable<StreamEvent[]>
  /** Has a guard carry the raw log to the released log. Keeps trying until `signal` aborts; never rejects. */
  enqueueGuard(job: ChatJob, signal: AbortSignal): Promise<void>
}

/** Why a running job stops before its end: told from outside, out of time, or its log belongs to somebody else. */
export type StopReason = 'cancelled' | 'draining' | 'deadline' | 'lost'

export type Outcome =
  /** The response has its terminal entry, or belongs to somebody else by now. */
  | { kind: 'finished'; host: 'answered' | 'failed' | 'untouched' }
  /** No token left the host and it is the host's fault: another host should take it. */
  | { kind: 'host_failed'; modelMissing: boolean }
  /** The host has no room: the job waits. */
  | { kind: 'busy' }
  /** This process stops before the host answered: the job waits for another. */
  | { kind: 'returned' }
  /** An earlier start still writes; look again later. */
  | { kind: 'live' }

const answered: Outcome = { kind: 'finished', host: 'answered' }
const untouched: Outcome = { kind: 'finished', host: 'untouched' }

/** Between tries while Redis is away. */
const retryMs = 200

/** How long an ending that says "no" waits for Redis. */
const refusalMs = 30_000

/** Far below any host's time to first token, but for one that has the answer ready. */
const claimDelayMs = 10

/** Most text a response may have: a model that never stops must not fill Redis. */
const responseCharsMax = 8 * 1024 * 1024

export const runChat = async (ticket: Ticket, deps: ChatDeps, stop: Stop<StopReason>): Promise<Outcome> => {
  const { job } = ticket
  const logName = job.guard.output ? 'raw' : 'out'
  const logKey = deps.keys.log(job.id, logName)

  // 1. May it run at all? A first start need not look: the claim below tells.
  let after: EntryId | undefined
  let { attempt } = ticket
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
  const waitedMs = Date.now() - job.enqueuedAt
  if (Date.now() >= job.deadlineAt)
    return refuse({ ...ticket, attempt }, deps, logKey, 'deadline_exceeded', after, {
      waitedS: Math.round(waitedMs / 1000),
    })
  if (ticket.tries > triesMax)
    return refuse({ ...ticket, attempt }, deps, logKey, 'upstream_failed', after, {
      model: job.model,
      attempts: ticket.tries - 1,
    })

  // 2. Claim the log. Not waited for: the claim travels while the host reads the prompt, or with a very quick answer.
  const writer = new LogWriter(deps.scripts, logKey, {
    attempt,
    ...(after === undefined ? {} : { after }),
    giveUpAtMs: job.deadlineAt + refusalMs,
    unheardLimitMs: unheardLimitMs[logName],
  })
  writer.writeSoon(
    [{ type: 'start', host: deps.hostId, by: deps.workerId, tries: ticket.tries, queuedMs: Math.max(0, waitedMs) }],
    claimDelayMs,
  )
  stop.after(job.deadlineAt - Date.now(), 'deadline').on(writer.lost, 'lost')
  const guarded = job.guard.output ? deps.enqueueGuard(job, stop.signal) : undefined

  // 3. Generate.
  const outcome = await generate(ticket, deps, writer, stop)
  await guarded
  return outcome
}

const generate = async (
  { job }: Ticket,
  deps: ChatDeps,
  writer: LogWriter,
  stop: Stop<StopReason>,
): Promise<Outcome> => {
  let begun = false
  let chars = 0
  try {
    for await (const events of deps.generate(job.request, stop.signal)) {
      begun = true
      writer.write(events)
      chars += textLength(events)
      if (chars > responseCharsMax) throw new HostFailure('failed', 'it does not stop')
    }
    await writer.flushed()
    return answered
  } catch (error) {
    if (stop.reason !== undefined) return stopped(job, deps, writer, stop.reason, begun)
    if (!(error instanceof HostFailure)) throw error
    return failed(error, writer, begun, job.model)
  }
}

/** Cancelled, out of time, draining, or somebody else owns the log. */
const stopped = async (
  job: ChatJob,
  deps: ChatDeps,
  writer: LogWriter,
  reason: StopReason,
  begun: boolean,
): Promise<Outcome> => {
  switch (reason) {
    case 'cancelled':
      // Who cancelled has closed the log already.
      return untouched
    case 'draining':
      if (!begun) {
        await end(writer, { type: 'released' })
        return { kind: 'returned' }
      }
      await end(writer, { type: 'error', code: 'shutting_down', params: {} })
      return untouched
    case 'deadline': {
      const waitedS = Math.round((Date.now() - job.enqueuedAt) / 1000)
      await end(writer, { type: 'error', code: 'deadline_exceeded', params: { waitedS } })
      return untouched
    }
    case 'lost':
      if (writer.lostReason === 'abandoned') await closeAbandoned(job, deps)
      return untouched
  }
}

/** Tried until Redis takes it: a log that was claimed and not ended would look alive as long as this process lives. */
const closeAbandoned = async (job: ChatJob, deps: ChatDeps): Promise<void> => {
  // Of an answer that is scanned the guards are the listeners: they are all gone, and their client may be there.
  const event = job.guard.output
    ? ({ type: 'error', code: 'guard_unavailable', params: {} } as const)
    : ({ type: 'cancelled' } as const)
  for (const giveUpAtMs = Date.now() + refusalMs; Date.now() < giveUpAtMs; await delay(retryMs)) {
    try {
      await deps.scripts.close(job.id, ['raw', 'out'], event)
      return
    } catch {
      // Again: closing twice is harmless.
    }
  }
}

const failed = async (error: HostFailure, writer: LogWriter, begun: boolean, model: string): Promise<Outcome> => {
  if (error.kind === 'rejected') {
    await end(writer, rejection(error.detail, model))
    return answered
  }
  if (begun) {
    const told = error.kind === 'error_line'
    await end(
      writer,
      told
        ? { type: 'error', code: 'upstream_error', params: { detail: error.detail } }
        : { type: 'error', code: 'upstream_lost', params: {} },
    )
    return { kind: 'finished', host: 'failed' }
  }
  // In the log before the job moves on: the next start must see that this one gave up.
  await end(writer, { type: 'released' })
  if (error.kind === 'busy') return { kind: 'busy' }
  return { kind: 'host_failed', modelMissing: error.kind === 'model_missing' }
}

/** The host's 400: its words are for the client, and long prompts have a code of their own. */
const rejection = (detail: string, model: string): StreamEvent =>
  /context (length|size)/i.test(detail)
    ? { type: 'error', code: 'context_length_exceeded', params: { model } }
    : { type: 'error', code: 'model_unsupported', params: { model, detail } }

const end = async (writer: LogWriter, event: StreamEvent): Promise<void> => {
  writer.write([event])
  await writer.flushed()
}

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
  await end(writer, { type: 'error', code, params })
  using patience = new Stop<'time'>().after(refusalMs, 'time')
  if (ticket.job.guard.output) await deps.enqueueGuard(ticket.job, patience.signal)
  return untouched
}

const textLength = (events: readonly StreamEvent[]): number => {
  let length = 0
  for (const event of events) {
    if (event.type === 'text' || event.type === 'reasoning') length += event.text.length
    if (event.type === 'tool_calls') for (const call of event.calls) length += call.name.length + call.arguments.length
  }
  return length
}
