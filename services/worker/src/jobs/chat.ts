import { isVisible, type StreamEvent } from '@drover/shared/events'
import type { LogScripts } from '@drover/shared/log/scripts'
import { LogWriter } from '@drover/shared/log/writer'
import { triesMax, type ChatJob } from '@drover/shared/queues'
import { unheardLimitMs, type Keys } from '@drover/shared/redis/keys'
import type { Stop } from '@drover/shared/stop'
import type { Redis } from 'ioredis'
import { setTimeout as delay } from 'node:timers/promises'
import type { FallbackCause } from '../fallbacks.ts'
import { HostFailure } from '../hosts/host-failure.ts'
import { AnswerSize } from './answer-size.ts'
import { askedModel, mayRun, refusalMs, untouched } from './may-run.ts'
import type { Ticket } from './ticket.ts'

/** THE LIFE OF A JOB, from a slot that pulled it to the end of its log. `docs/life-of-a-request.md`, steps 6 and 7. */

export interface ChatDeps {
  readonly redis: Redis
  readonly keys: Keys
  readonly scripts: LogScripts
  readonly workerId: string
  readonly hostId: string
  /** Ends with an `end` event or throws HostFailure; see `Host.run`. */
  generate(job: ChatJob, signal: AbortSignal): AsyncIterable<StreamEvent[]>
  /** Has a guard carry the raw log to the released log. Keeps trying until `signal` aborts; never rejects. */
  enqueueGuard(job: ChatJob, signal: AbortSignal): Promise<void>
  /** The group that answers in place of the job's, if there is one. */
  fallback(job: ChatJob, cause: FallbackCause): string | undefined
  /** Hosts that cannot do it either, this one among them; undefined when no other takes jobs for the model. Never rejects. */
  unableHosts(job: ChatJob): Promise<readonly string[] | undefined>
}

/** Why a running job stops before its end: told from outside, out of time, or its log belongs to somebody else. */
export type StopReason = 'cancelled' | 'draining' | 'deadline' | 'lost'

export type Outcome =
  /** The response has its terminal entry, or belongs to somebody else by now. */
  | { kind: 'finished'; host: 'answered' | 'failed' | 'untouched' }
  /** No token left the host and it is the host's fault: another host should take it. */
  | { kind: 'host_failed'; modelMissing: boolean }
  /** The host is well, and its model cannot do what is asked: another host should take it. */
  | { kind: 'unsupported'; unable: readonly string[] }
  /** The host has no room: the job waits. */
  | { kind: 'busy' }
  /** This process stops before the host answered: the job waits for another. */
  | { kind: 'returned' }
  /** An earlier start still writes; look again later. */
  | { kind: 'live' }
  /** No token left the host, and another model answers in its place. */
  | { kind: 'fallback'; model: string }

const answered: Outcome = { kind: 'finished', host: 'answered' }

/** Between tries while Redis is away. */
const retryMs = 200

/** Far below any host's time to first token, but for one that has the answer ready. */
const claimDelayMs = 10

/** A job that waited no longer than this has its client still; a claim that is waited for costs a round trip. */
const straightMs = 50

export const runChat = async (ticket: Ticket, deps: ChatDeps, stop: Stop<StopReason>): Promise<Outcome> => {
  const { job } = ticket
  const logName = job.guard.output ? 'raw' : 'out'
  const logKey = deps.keys.log(job.id, logName)

  // 1. May it run at all?
  const run = await mayRun(ticket, deps, logKey)
  if (run.kind !== 'run') return run

  // 2. Claim the log.
  const writer = new LogWriter(deps.scripts, logKey, {
    attempt: run.attempt,
    ...(run.after === undefined ? {} : { after: run.after }),
    giveUpAtMs: job.deadlineAt + refusalMs,
    unheardLimitMs: unheardLimitMs[logName],
  })
  stop.after(job.deadlineAt - Date.now(), 'deadline').on(writer.lost, 'lost')
  const guarded = job.guard.output ? deps.enqueueGuard(job, stop.signal) : undefined
  await claim(ticket, deps, writer, stop)

  // 3. Generate.
  const outcome =
    stop.reason === undefined
      ? await generate(ticket, deps, writer, stop)
      : await stopped(job, deps, writer, stop.reason, false)
  await guarded
  return outcome
}

/**
 * The claim of a job that came straight to its slot is not waited for: it travels while the host reads the prompt, or with
 * a very quick answer. The client of one that waited may have left: its log is closed then, and its host is not asked.
 */
const claim = async (
  { job, tries }: Ticket,
  deps: ChatDeps,
  writer: LogWriter,
  stop: Stop<StopReason>,
): Promise<void> => {
  const waitedMs = Date.now() - job.enqueuedAt
  const start = {
    type: 'start',
    host: deps.hostId,
    by: deps.workerId,
    tries,
    queuedMs: Math.max(0, waitedMs),
    model: job.model,
  } as const
  // Clocks that disagree say nothing about the wait.
  if (waitedMs >= 0 && waitedMs < straightMs) return writer.writeSoon([start], claimDelayMs)
  writer.write([start])
  const told = Promise.withResolvers<void>()
  stop.signal.addEventListener('abort', () => told.resolve(), { once: true })
  await Promise.race([writer.flushed(), told.promise])
}

const generate = async (
  ticket: Ticket,
  deps: ChatDeps,
  writer: LogWriter,
  stop: Stop<StopReason>,
): Promise<Outcome> => {
  const { job } = ticket
  let begun = false
  const size = new AnswerSize()
  try {
    for await (const events of deps.generate(job, stop.signal)) {
      begun ||= events.some(isVisible)
      // Before it is written: nothing may follow an end.
      if (!size.add(events)) throw new HostFailure('failed', 'it does not stop')
      writer.write(events)
    }
    await writer.flushed()
    return answered
  } catch (error) {
    if (stop.reason !== undefined) return stopped(job, deps, writer, stop.reason, begun)
    if (!(error instanceof HostFailure)) throw error
    return failed(error, ticket, deps, writer, begun)
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

const failed = async (
  error: HostFailure,
  { job, tries }: Ticket,
  deps: ChatDeps,
  writer: LogWriter,
  begun: boolean,
): Promise<Outcome> => {
  const mayMove = error.kind === 'unsupported' && !begun && tries < triesMax
  const unable = mayMove ? await deps.unableHosts(job) : undefined
  if (unable !== undefined) {
    await end(writer, { type: 'released' })
    return { kind: 'unsupported', unable }
  }
  if (error.kind === 'rejected' || error.kind === 'unsupported') {
    const refusal = rejection(error.detail, askedModel(job))
    const model = isTooLong(refusal) ? deps.fallback(job, 'context_length_exceeded') : undefined
    await end(writer, model === undefined ? refusal : { type: 'released' })
    return model === undefined ? answered : { kind: 'fallback', model }
  }
  if (begun || error.kind === 'gave_up') {
    const { kind, detail } = error
    await end(
      writer,
      kind === 'error_line' || kind === 'gave_up'
        ? { type: 'error', code: 'upstream_error', params: { detail } }
        : { type: 'error', code: 'upstream_lost', params: {} },
    )
    return kind === 'gave_up' ? answered : { kind: 'finished', host: 'failed' }
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

const isTooLong = (event: StreamEvent): boolean => event.type === 'error' && event.code === 'context_length_exceeded'

const end = async (writer: LogWriter, event: StreamEvent): Promise<void> => {
  writer.write([event])
  await writer.flushed()
}
