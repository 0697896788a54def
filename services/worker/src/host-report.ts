import type { InMemory } from '@drover/shared/catalogue'
import type { HostState } from '@drover/shared/fleet'
import type { Logger } from '@drover/shared/logger'
import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import { Catalogue } from './catalogue.ts'
import { HostRecord } from './host-record.ts'
import type { Host, Installed } from './hosts/host.ts'

export interface HostReportDeps {
  readonly redis: Redis
  readonly keys: Keys
  readonly hostId: string
  readonly logger: Logger
  readonly server: Pick<Host, 'describe'>
  /** The host now: undefined when it is not ours to describe. `memory` is undefined while it is down. */
  describe(): { readonly state: HostState; readonly memory: readonly InMemory[] | undefined } | undefined
}

/** What the fleet is told of a host: its state, what it has, and what that can do. Nothing here rejects. */
export class HostReport implements Disposable {
  readonly #deps: HostReportDeps
  readonly #record: HostRecord
  readonly #catalogue: Catalogue
  #remembered = false

  constructor(deps: HostReportDeps) {
    this.#deps = deps
    this.#record = new HostRecord(deps.redis, deps.keys, deps.hostId)
    this.#catalogue = new Catalogue({
      ...deps,
      describe: (ownName, signal) => deps.server.describe(ownName, signal),
      // It is announced because it is another one.
      onChange: () => void this.tell(false),
    })
  }

  [Symbol.dispose](): void {
    this.#catalogue[Symbol.dispose]()
  }

  /** What the last worker told of the host, once; undefined when there is nothing, or nothing new, to remember. */
  async remember(): Promise<HostState | undefined> {
    if (this.#remembered) return undefined
    try {
      const { state, models } = await this.#record.read()
      this.#remembered = true
      if (state !== undefined) this.#catalogue.remember(state.catalogue, models)
      return state
    } catch (error) {
      this.#deps.logger.warn({ err: error, host: this.#deps.hostId }, 'could not read what was known of the host')
      return undefined
    }
  }

  /** As `Catalogue.see`. */
  see(installed: readonly Installed[], names: ReadonlyMap<string, string>): void {
    this.#catalogue.see(installed, names)
  }

  /** @param news others should know at once. */
  async tell(news: boolean): Promise<void> {
    const described = this.#deps.describe()
    if (described === undefined) return
    const { state, memory } = described
    const { id: host, up, reason, drained } = state
    if (news) this.#deps.logger.info({ host, up, reason, drained }, 'host state')
    const { version, models, descriptions } = this.#catalogue
    try {
      const kept = await this.#record.write(state, { version, models, descriptions, memory }, news)
      if (kept) this.#catalogue.published(descriptions)
      else this.#catalogue.lost()
    } catch (error) {
      this.#deps.logger.warn({ err: error, host }, 'could not tell the fleet')
    }
  }
}
