import { readCatalogues, type Catalogued } from '@drover/shared/catalogue'
import type { Config } from '@drover/shared/config/schema'
import type { ChatJob } from '@drover/shared/queues'
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

export interface UnableDeps {
  readonly config: Pick<Config, 'hosts'>
  readonly redis: Redis
  readonly keys: Keys
  /** Whether a host that is up serves the group, without these. */
  readonly isLive: (model: string, without: readonly string[]) => boolean
}

/**
 * Those that need not be asked for a job that this host cannot do; undefined when no other is left. Redis is asked, because
 * it happens where the hosts of a model differ; while it is away, only this one is known. Never rejects.
 */
export const findUnableHosts = async (
  { model, excludedHosts }: Pick<ChatJob, 'model' | 'excludedHosts'>,
  hostId: string,
  { config, redis, keys, isLive }: UnableDeps,
): Promise<string[] | undefined> => {
  const hostIds = config.hosts.map(({ id }) => id)
  const catalogues = await readCatalogues(redis, keys, hostIds).catch(() => undefined)
  const unable = catalogues === undefined ? [hostId] : unableHosts(hostId, model, catalogues)
  return isLive(model, [...excludedHosts, ...unable]) ? unable : undefined
}
