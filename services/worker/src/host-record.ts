import { readCatalogues, type Catalogued, type InMemory } from '@drover/shared/catalogue'
import { publishHost, readHost, type HostState } from '@drover/shared/fleet'
import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'

/** What a host has, beside its state. */
export interface About {
  /** Of `models`; undefined while nothing is known of the host. */
  readonly version: string | undefined
  /** Undefined until the host was seen. */
  readonly models: readonly Catalogued[] | undefined
  /** New ones: raw JSON text by public name. */
  readonly descriptions: ReadonlyMap<string, string>
  /** Undefined while the host is down. */
  readonly memory: readonly InMemory[] | undefined
}

/** What Redis has of one host, for the fleet. Written by whoever looks after the host. */
export class HostRecord {
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #hostId: string
  /** As last written; undefined where that is not known. */
  #catalogueJson: string | undefined
  #memoryJson: string | undefined
  /** Models that may have a description there. */
  #described: ReadonlySet<string> = new Set()

  constructor(redis: Redis, keys: Keys, hostId: string) {
    this.#redis = redis
    this.#keys = keys
    this.#hostId = hostId
  }

  /** What was last written, by whomever. Rejects when Redis does not answer. */
  async read(): Promise<{ readonly state: HostState | undefined; readonly models: readonly Catalogued[] }> {
    const [state, catalogues] = await Promise.all([
      readHost(this.#redis, this.#keys, this.#hostId),
      readCatalogues(this.#redis, this.#keys, [this.#hostId]),
    ])
    const models = catalogues.get(this.#hostId) ?? []
    this.#described = new Set(models.map(({ model }) => model))
    return { state, models }
  }

  /**
   * What has changed of `about` first, then the state, which has its version: whoever sees the one finds the other.
   * Resolves to false when Redis has lost what was written before. Rejects when it does not answer.
   * @param announce others should know at once; a changed catalogue is announced anyway.
   */
  async write(state: HostState, about: About, announce: boolean): Promise<boolean> {
    const news = await this.#writeAbout(about)
    const { version } = about
    const [there] = await Promise.all([
      this.#catalogueJson === undefined ? 1 : this.#redis.hexists(this.#keys.catalogue, this.#hostId),
      publishHost(
        this.#redis,
        this.#keys,
        version === undefined ? state : { ...state, catalogue: version },
        announce || news,
      ),
    ])
    if (there === 1) return true
    this.#catalogueJson = undefined
    this.#memoryJson = undefined
    return false
  }

  /** Whether the catalogue is another one. */
  async #writeAbout({ models, descriptions, memory }: About): Promise<boolean> {
    const catalogueJson = models === undefined ? this.#catalogueJson : JSON.stringify(models)
    const memoryJson = memory === undefined ? this.#memoryJson : JSON.stringify(memory)
    const news = catalogueJson !== undefined && catalogueJson !== this.#catalogueJson
    const pipeline = this.#redis.pipeline()
    const names = new Set(models?.map(({ model }) => model))
    const gone = models === undefined ? [] : [...this.#described].filter(model => !names.has(model))
    if (news) pipeline.hset(this.#keys.catalogue, this.#hostId, catalogueJson)
    if (memoryJson !== undefined && memoryJson !== this.#memoryJson)
      pipeline.hset(this.#keys.memory, this.#hostId, memoryJson)
    if (gone.length > 0) pipeline.hdel(this.#keys.show(this.#hostId), ...gone)
    if (descriptions.size > 0) pipeline.hset(this.#keys.show(this.#hostId), new Map(descriptions))
    if (pipeline.length === 0) return false
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error
    this.#catalogueJson = catalogueJson
    this.#memoryJson = memoryJson
    if (models !== undefined) this.#described = names
    return news
  }
}
