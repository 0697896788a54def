import { isTerminal, type StreamEvent } from '@drover/shared/events'
import { beforeFirst, decodeEntry, parseRangeItem, type EntryId } from '@drover/shared/log/entry'
import type { LogHub } from '@drover/shared/log/hub'
import { readLog } from '@drover/shared/log/reader'
import type { LogScripts } from '@drover/shared/log/scripts'
import { LogWriter } from '@drover/shared/log/writer'
import type { GuardOutputJob } from '@drover/shared/queues'
import { unheardLimitMs, type Keys } from '@drover/shared/redis/keys'
import { Stop } from '@drover/shared/stop'
import type { Redis } from 'ioredis'
import type { Guard } from '../engine.ts'
import { releaseEvents } from '../release.ts'
import { skipReleased } from '../skip-released.ts'

/**
 * THE LIFE OF AN ANSWER between its raw log and its released log: read, hold back what could still become a finding,
 * append what is safe. A guard that takes over from a dead one reads the raw log from its beginning, comes to the same
 * releases, because scanning does not depend on how the text was cut, and goes on after the last one that was written.
 */

export interface OutputDeps {
  readonly guard: Guard
  readonly redis: Redis
  readonly keys: Keys
  readonly hub: LogHub
  readonly scripts: LogScripts
}

export type OutputEnd = 'finished' | 'interrupted'

/**
 * @param attempt above that of every guard that worked on this response before.
 * @param interrupt leaves the response to another guard: what is scanned is written, the rest is not touched.
 */
export const guardOutput = async (
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
  for await (const events of releaseEvents(raw, deps.guard)) {
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
