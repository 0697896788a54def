import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'

/** A host's pool belongs to one process at a time. Of a dead one, it is free within a lease and a round: 7 s. */
export const leases = { leaseMs: 6_000, renewMs: 1_000 } as const

// Takes the lease, or renews it where it is ours already. Returns 1 when it is ours.
const holdLua = `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`

const releaseLua = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

export const holdLease = async (redis: Redis, key: string, owner: string): Promise<boolean> =>
  (await redis.eval(holdLua, 1, key, owner, leases.leaseMs)) === 1

export const releaseLease = async (redis: Redis, key: string, owner: string): Promise<void> => {
  await redis.eval(releaseLua, 1, key, owner)
}

/** The worker that holds each host, if one does. One round trip. */
export const leaseOwners = async (
  redis: Redis,
  keys: Keys,
  hostIds: readonly string[],
): Promise<Map<string, string | null>> => {
  const owners = hostIds.length === 0 ? [] : await redis.mget(hostIds.map(id => keys.lease(id)))
  return new Map(hostIds.map((id, index) => [id, owners[index] ?? null]))
}
