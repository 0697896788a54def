import { readFleet } from '@drover/shared/fleet'
import { queues } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import type { Look } from './look.ts'
import type { LostJobs } from './lost-jobs.ts'

export interface FormerHostsDeps {
  readonly redis: Redis
  readonly keys: Keys
  /** Of the configuration. */
  readonly hostIds: readonly string[]
  readonly look: Look
  readonly lostJobs: Pick<LostJobs, 'sendAway'>
}

/**
 * A host that has left the configuration has no owner who would look after its own queues: whoever lives sends what
 * waits there to the groups. What a dead worker ran there waits again once its queue is looked after. While a worker with
 * an older configuration has the host, it is up, and that worker's.
 */
export const sendAwayFromFormerHosts = async (deps: FormerHostsDeps): Promise<void> => {
  const { redis, keys, hostIds, look, lostJobs } = deps
  const former = (await readFleet(redis, keys)).filter(host => !host.up && !hostIds.includes(host.id))
  const asked = former.flatMap(host =>
    host.models.map(model => ({ queue: queues.host(host.id, model), head: undefined })),
  )
  if (asked.length === 0) return
  const sights = await look(asked)
  for (const [index, { waiting, active }] of sights.entries())
    if (waiting + active > 0) lostJobs.sendAway(asked[index]?.queue ?? '')
}
