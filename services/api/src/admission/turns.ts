import type { Keys } from '@drover/shared/redis/keys'
import type { HostLoad } from '@drover/shared/scheduling/load'
import { nthHost } from '@drover/shared/scheduling/placement'
import type { Redis } from 'ioredis'

/**
 * The host whose turn it is, counted over all apis; undefined when none is open. One round trip.
 * @param hosts sorted by id.
 * @param weights by id; without them all are alike.
 */
export const hostInTurn = async (
  model: string,
  hosts: readonly HostLoad[],
  weights: ReadonlyMap<string, number> | undefined,
  redis: Redis,
  keys: Keys,
): Promise<HostLoad | undefined> => {
  const open = hosts.filter(host => host.open)
  if (open.length === 0) return undefined
  const turn = await redis.incr(keys.turn(model))
  const id = nthHost(
    open.map(host => ({ id: host.id, weight: weights?.get(host.id) ?? 1 })),
    turn,
  )
  return open.find(host => host.id === id)
}
