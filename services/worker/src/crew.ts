import { ownerAliveMs, type Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'

/**
 * Says that this worker lives, and counts those that take hosts: not one that is closing, which only finishes what it
 * has. Three round trips at most.
 */
export const countLiving = async (redis: Redis, keys: Keys, workerId: string, closing: boolean): Promise<number> => {
  const beat = redis.pipeline().set(keys.owner(workerId), '1', 'PX', ownerAliveMs)
  await (closing ? beat.srem(keys.workers, workerId) : beat.sadd(keys.workers, workerId)).exec()
  const known = await redis.smembers(keys.workers)
  if (known.length <= 1) return 1
  const alive = await redis.mget(known.map(id => keys.owner(id)))
  const dead = known.filter((_, index) => alive[index] === null)
  if (dead.length > 0) await redis.srem(keys.workers, ...dead)
  return Math.max(1, known.length - dead.length)
}

/** Hosts a worker looks after at most, so that together they look after all of them and none after many more. */
export const fairShare = (hosts: number, workers: number): number => Math.ceil(hosts / workers)
