import { readCatalogues, type Catalogued } from '@drover/shared/catalogue'
import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'

/** The host, whose model cannot do what was asked, and all others that have told that theirs can do no more than it. */
export const unableHosts = (
  hostId: string,
  model: string,
  catalogues: ReadonlyMap<string, readonly Catalogued[]>,
): string[] => {
  const told = (id: string): readonly string[] | undefined =>
    catalogues.get(id)?.find(entry => entry.model === model)?.capabilities
  const own = told(hostId)
  const others = [...catalogues.keys()].filter(id => id !== hostId)
  return [hostId, ...others.filter(id => own !== undefined && told(id)?.every(word => own.includes(word)))]
}

/** As they stand in Redis, which is asked: it happens where the hosts of a model differ. Never rejects. */
export const readUnableHosts = async (
  redis: Redis,
  keys: Keys,
  hostIds: readonly string[],
  { hostId, model }: { readonly hostId: string; readonly model: string },
): Promise<string[]> => {
  try {
    return unableHosts(hostId, model, await readCatalogues(redis, keys, hostIds))
  } catch {
    return [hostId]
  }
}
