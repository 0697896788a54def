import type { ChatJob } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import { setInterval } from 'node:timers/promises'
import { readStanding } from './standing.ts'

const lookMs = 1_000

/**
 * Follows a response that an earlier start still writes, which happens after a Redis outage longer than a lock:
 * resolves to `closed` when it ended, to `gone` when its process died. A death is silence, hence the looks.
 */
export const watchLive = async (
  redis: Redis,
  keys: Keys,
  job: ChatJob,
  signal: AbortSignal,
): Promise<'closed' | 'gone'> => {
  const logKey = keys.log(job.id, job.guard.output ? 'raw' : 'out')
  for await (const _ of setInterval(lookMs, undefined, { signal })) {
    const standing = await readStanding(redis, keys, logKey)
    if (standing.kind === 'closed') return 'closed'
    if (standing.kind === 'empty' || !standing.live) return 'gone'
  }
  return 'gone'
}
