import type { Redis } from 'ioredis'

/** A host's pool belongs to one process at a time, so a host never gets more than its slots. */
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
