import { isTerminal, type StreamEvent } from '@drover/shared/events'
import { beforeFirst, decodeEntry, parseRangeItem, type EntryId } from '@drover/shared/log/entry'
import type { LogHub } from '@drover/shared/log/hub'
import { readLog } from '@drover/shared/log/reader'
import type { LogScripts } from '@drover/shared/log/scripts'
import { LogWriter } from '@drover/shared/log/writer'
import type { Logger } from '@drover/shared/logger'
import { guardOutputJob, type GuardOutputJob } from '@drover/shared/queues'
import { unheardLimitMs, type Keys } from '@drover/shared/redis/keys'
import { Stop } from '@drover/shared/stop'
import type { Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { ScanFailed, type GuardObserver } from '../reading.ts'
import type { Guards } from '../guards.ts'
import type { Outcome } from '../pull-loop.ts'
import type { WholeScan } from '../pool/whole-scan.ts'
import { releaseEvents, type ScanWhole } from '../release.ts'
import { skipReleased } from '../skip-released.ts'

/**
 * THE LIFE OF AN ANSWER between its raw log and its released log: read, hold back what could still become a finding,
 * append what is safe. A guard that takes over from a dead one reads the raw log from its beginning, comes to the same
 * releases, because scanning does not depend on how the text was cut, and goes on after the last one that was written.
 */

export interface OutputDeps {
  readonly guards: Guards
  readonly wholeScan: WholeScan
  readonly observer: GuardObserver
  readonly redis: Redis
  readonly keys: Keys
  readonly hub: LogHub
  readonly scripts: LogScripts
  readonly logger: Logger
}

/** Starts after which an answer that could not be carried waits for its lock to run out: a bug must not spin. */
const startsAtOnceMax = 10

/** Rejects when it is to be taken up again, but not at once. */
export const runOutputJob = async (job: Job, deps: OutputDeps, interrupt: AbortSignal): Promise<Outcome> => {
  const read = guardOutputJob.safeParse(job.data)
  if (!read.success) return failOutput(job, deps, read.error)
  const { id, deadlineAt } = read.data
  try {
    const end = await guardOutput(read.data, job.attemptsStarted, deps, interrupt)
    return { kind: end === 'finished' ? 'finished' : 'returned' }
  } catch (error) {
    if (error instanceof ScanFailed) {
      await stopGeneration(id, deps)
      return failOutput(job, deps, error)
    }
    // Redis was away at the wrong moment, most likely. A job that failed would leave an answer without an end.
    if (Date.now() >= deadlineAt) return failOutput(job, deps, error as Error)
    if (job.attemptsStarted >= startsAtOnceMax) throw error
    deps.logger.warn({ err: error, id }, 'an answer is taken up again')
    return { kind: 'returned' }
  }
}

/** No other guard will do better: whoever waits is told so, and the host stops. */
const failOutput = async (job: Job, { scripts }: OutputDeps, error: Error): Promise<Outcome> => {
  await scripts.close(job.id ?? '', ['raw', 'out'], { type: 'error', code: 'guard_unavailable', params: {} })
  return { kind: 'failed', error }
}

type OutputEnd = 'finished' | 'interrupted'

/**
 * @param attempt above that of every guard that worked on this response before.
 * @param interrupt leaves the response to another guard: what is scanned is written, the rest is not touched.
 */
const guardOutput = async (
  job: GuardOutputJob,
  attempt: number,
  deps: OutputDeps,
  interrupt: AbortSignal,
): Promise<OutputEnd> => {
  const { redis, keys, scripts, hub } = deps
  // Before a first start nobody can have released anything.
  const released = attempt === 1 ? nothing : await readReleased(redis, keys.log(job.id, 'out'))
  if (released.events.some(isTerminal)) return 'finished'

  const writer = new LogWriter(scripts, keys.log(job.id, 'out'), {
    attempt,
    after: released.last,
    giveUpAtMs: job.deadlineAt,
    unheardLimitMs: unheardLimitMs.out,
  })
  using stop = new Stop<'interrupted' | 'deadline' | 'lost'>()
    .on(interrupt, 'interrupted')
    .on(writer.lost, 'lost')
    .after(job.deadlineAt - Date.now(), 'deadline')
  const unwritten = skipReleased(released.events)

  const raw = readLog(hub, keys.log(job.id, 'raw'), { signal: stop.signal })
  const { guards, wholeScan, observer } = deps
  const rules = guards.rulebook.rulesFor(job.model, job.caller)
  const reading = guards.of(rules, 'output').read(observer)
  const scanWhole: ScanWhole = texts => wholeScan.scan('output', rules, texts, observer)
  for await (const events of releaseEvents(raw, reading, scanWhole)) {
    writer.write(unwritten(events))
    const last = events.at(-1)
    if (last?.type === 'end' && last.reason === 'content_filter') await stopGeneration(job.id, deps)
    if (last !== undefined && isTerminal(last)) break
  }
  if ((await writer.flushed()) === 'abandoned') {
    await scripts.close(job.id, ['out'], { type: 'cancelled' })
    await stopGeneration(job.id, deps)
  }
  return stop.reason === 'interrupted' ? 'interrupted' : 'finished'
}

/** The host must not go on with what nobody will see. */
const stopGeneration = async (responseId: string, { redis, keys, scripts }: OutputDeps): Promise<void> => {
  await scripts.close(responseId, ['raw'], { type: 'cancelled' })
  await redis.publish(keys.control, `cancel ${responseId}`)
}

interface Released {
  readonly events: readonly StreamEvent[]
  readonly last: EntryId
}

const nothing: Released = { events: [], last: beforeFirst }

const readReleased = async (redis: Redis, logKey: string): Promise<Released> => {
  const entries = (await redis.xrange(logKey, '-', '+')).map(item => decodeEntry(parseRangeItem(item)))
  return { events: entries.flatMap(entry => entry.events), last: entries.at(-1)?.id ?? beforeFirst }
}
