import { readCatalogues, type Catalogued } from '@drover/shared/catalogue'
import type { HostState } from '@drover/shared/fleet'
import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'

/** What hosts have, as their workers told it. Read again only for hosts whose catalogue has changed since. */
export class Catalogues {
  readonly #redis: Redis
  readonly #keys: Keys
  /** `HostState.catalogue` of what was read, by host id. */
  #versions: ReadonlyMap<string, string> = new Map()
  #byHost: ReadonlyMap<string, readonly Catalogued[]> = new Map()
  #capabilities: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string> | undefined>> = new Map()

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis
    this.#keys = keys
  }

  /** By host id. */
  get byHost(): ReadonlyMap<string, readonly Catalogued[]> {
    return this.#byHost
  }

  /** Whether one of the hosts can; undefined while that is not known. False only if each of them has told what it can do. */
  canDo(hosts: Iterable<Pick<HostState, 'id'>>, model: string, capability: string): boolean | undefined {
    let asked = 0
    let told = 0
    for (const { id } of hosts) {
      const capabilities = this.#capabilities.get(id)?.get(model)
      if (capabilities?.has(capability)) return true
      asked += 1
      if (capabilities !== undefined) told += 1
    }
    return asked > 0 && told === asked ? false : undefined
  }

  /** At most one round trip; none when nothing has changed. Rejects when Redis does not answer. */
  async refresh(hosts: readonly HostState[]): Promise<void> {
    const versions = new Map(hosts.flatMap(({ id, catalogue }) => (catalogue === undefined ? [] : [[id, catalogue]])))
    const changed = [...versions].filter(([id, version]) => this.#versions.get(id) !== version).map(([id]) => id)
    if (changed.length === 0 && versions.size === this.#versions.size) return
    const read = await readCatalogues(this.#redis, this.#keys, changed)
    const kept = [...this.#byHost].filter(([id]) => versions.has(id) && !read.has(id))
    this.#byHost = new Map([...kept, ...read])
    this.#capabilities = new Map([...this.#byHost].map(([id, models]) => [id, capabilitiesOf(models)]))
    this.#versions = versions
  }
}

const capabilitiesOf = (models: readonly Catalogued[]): ReadonlyMap<string, ReadonlySet<string> | undefined> =>
  new Map(models.map(({ model, capabilities }) => [model, capabilities && new Set(capabilities)]))
