import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { Keys } from './redis/keys.ts'

/** What workers tell of the models of their hosts, for clients that ask: in Redis, a hash field per host. */

/** A model that a host serves. */
export const catalogued = z.object({
  /** Public name of the group. */
  model: z.string(),
  digest: z.string(),
  bytes: z.number(),
  modifiedAt: z.string(),
  /** Raw JSON text of Ollama's `details`. */
  detailsJson: z.string().optional(),
  /** Ollama's words; absent while the host has not told them. */
  capabilities: z.array(z.string()).optional(),
})

/** A model in a host's memory now. */
export const inMemory = z.object({
  model: z.string(),
  digest: z.string(),
  bytes: z.number(),
  vramBytes: z.number(),
  expiresAt: z.string(),
  contextTokens: z.number(),
  detailsJson: z.string().optional(),
})

export type Catalogued = z.infer<typeof catalogued>
export type InMemory = z.infer<typeof inMemory>

/** Broken entries are left out: one host's must not hide the others'. */
const parseList = <T>(schema: z.ZodType<T>, json: string | null): T[] => {
  try {
    return z.array(schema).parse(JSON.parse(json ?? '[]'))
  } catch {
    return []
  }
}

/** One round trip. What each of the hosts has; by host id. */
export const readCatalogues = async (
  redis: Redis,
  keys: Keys,
  hostIds: readonly string[],
): Promise<Map<string, Catalogued[]>> => readLists(redis, keys.catalogue, catalogued, hostIds)

/** One round trip. What each of the hosts has in memory; by host id. */
export const readMemory = async (
  redis: Redis,
  keys: Keys,
  hostIds: readonly string[],
): Promise<Map<string, InMemory[]>> => readLists(redis, keys.memory, inMemory, hostIds)

const readLists = async <T>(
  redis: Redis,
  key: string,
  schema: z.ZodType<T>,
  hostIds: readonly string[],
): Promise<Map<string, T[]>> => {
  if (hostIds.length === 0) return new Map()
  const found = await redis.hmget(key, ...hostIds)
  return new Map(hostIds.map((id, index) => [id, parseList(schema, found[index] ?? null)]))
}
