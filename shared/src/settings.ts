import type { Redis } from 'ioredis'
import type { Strategy } from './config/schema.ts'
import { strategies } from './config/schema.ts'
import { executed } from './redis/executed.ts'
import type { Keys } from './redis/keys.ts'

/** What operators set while drover runs, over the configuration and for every process. It outlives restarts. */
export interface Settings {
  /** Absent: the configuration's. */
  readonly strategy?: Strategy
  /** Ids of hosts that finish what runs and take nothing new. */
  readonly drained: ReadonlySet<string>
}

export const noSettings: Settings = { drained: new Set() }

/** What is published on `keys.fleet` after a change, where otherwise host ids are. */
export const settingsChanged = 'settings'

/** One round trip. Rejects when Redis does not answer. */
export const readSettings = async (redis: Redis, keys: Keys): Promise<Settings> => {
  const replies = await redis.pipeline().hget(keys.settings, 'strategy').smembers(keys.drained).exec()
  const [strategy, drained] = (replies ?? []).map(([error, value]) => {
    if (error !== null) throw error
    return value
  })
  // Another version may have written a strategy that this one does not know.
  const known = strategies.find(name => name === strategy)
  return { ...(known === undefined ? {} : { strategy: known }), drained: new Set(drained as string[]) }
}

/** @param strategy undefined goes back to the configuration's. */
export const setStrategy = async (redis: Redis, keys: Keys, strategy: Strategy | undefined): Promise<void> => {
  const pipeline = redis.pipeline()
  if (strategy === undefined) pipeline.hdel(keys.settings, 'strategy')
  else pipeline.hset(keys.settings, 'strategy', strategy)
  await executed(pipeline.publish(keys.fleet, settingsChanged))
}

/** Resolves once it is written, which is before every process has heard of it. Twice is harmless. */
export const setDrained = async (redis: Redis, keys: Keys, hostId: string, drained: boolean): Promise<void> => {
  const pipeline = redis.pipeline()
  if (drained) pipeline.sadd(keys.drained, hostId)
  else pipeline.srem(keys.drained, hostId)
  await executed(pipeline.publish(keys.fleet, settingsChanged))
}
