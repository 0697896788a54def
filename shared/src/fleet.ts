import type { Redis } from 'ioredis'
import { z } from 'zod'
import { hostAliveMs, type Keys } from './redis/keys.ts'
import { groupLoad } from './scheduling/load.ts'

/** What the worker that owns a host's pool says about it, at every probe and whenever it goes up or down. */
export const hostState = z.object({
  id: z.string(),
  /** Without credentials. */
  url: z.string(),
  up: z.boolean(),
  /** Why it is down: one short English phrase, for operators. */
  reason: z.string().optional(),
  /** Absent until it was reached for the first time: what it has is then unknown. */
  version: z.string().optional(),
  slots: z.number(),
  running: z.number(),
  /** An operator wants it to finish what runs and take nothing new. */
  drained: z.boolean().default(false),
  /** Per public model name. */
  groups: z.record(z.string(), groupLoad).default({}),
  /** Public names of the model groups it serves. */
  models: z.array(z.string()),
  /** Changes whenever what its catalogue says does (`catalogue.ts`). */
  catalogue: z.string().optional(),
  /** Models in its memory, as it names them. */
  loaded: z.array(z.string()),
  worker: z.string(),
})

export type HostState = z.infer<typeof hostState>

/** One round trip. `announce` wakes those who keep a view of the fleet; without it they see it at their next look. */
export const publishHost = async (redis: Redis, keys: Keys, state: HostState, announce: boolean): Promise<void> => {
  const pipeline = redis
    .pipeline()
    .hset(keys.hosts, state.id, JSON.stringify(state))
    .set(keys.hostAlive(state.id), '1', 'PX', hostAliveMs)
  if (announce) pipeline.publish(keys.fleet, state.id)
  await pipeline.exec()
}

/** Undefined for what is no description: one broken field must not hide the others. */
const parseHost = (json: string): HostState | undefined => {
  try {
    return hostState.parse(JSON.parse(json))
  } catch {
    return undefined
  }
}

/** A host as it was last described; undefined when it never was. */
export const readHost = async (redis: Redis, keys: Keys, id: string): Promise<HostState | undefined> => {
  const json = await redis.hget(keys.hosts, id)
  return json === null ? undefined : parseHost(json)
}

/**
 * Every host that was ever seen, as last described; `up` is false where its worker went silent. Its models stay known,
 * so that a model whose hosts are down is "down", not "unknown". Two round trips.
 */
export const readFleet = async (redis: Redis, keys: Keys): Promise<HostState[]> => {
  const described = Object.values(await redis.hgetall(keys.hosts)).flatMap(json => parseHost(json) ?? [])
  if (described.length === 0) return []
  const alive = await redis.mget(described.map(host => keys.hostAlive(host.id)))
  return described.map((host, index) =>
    alive[index] === null ? { ...host, up: false, running: 0, loaded: [], reason: 'no worker looks after it' } : host,
  )
}
