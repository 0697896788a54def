import type { Config, Strategy } from '@drover/shared/config/schema'
import { didYouMean } from '@drover/shared/config/suggest'
import { DroverError } from '@drover/shared/errors/drover-error'
import { readFleet, type HostState } from '@drover/shared/fleet'
import { jobClasses, queues, type JobClass } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { readSettings, setDrained, setStrategy, type Settings } from '@drover/shared/settings'
import type { Redis } from 'ioredis'
import type { FleetView } from '../fleet-view.ts'

/** A host as operators see it: as its worker last described it, `running` as of now. */
export type HostReport = Omit<HostState, 'worker'> & { readonly worker?: string }

export interface SettingsReport {
  /** In force. */
  readonly strategy: Strategy
  /** What the configuration says. */
  readonly configured: Strategy
}

/** Jobs that wait. Those bound to a host are listed where there are any. */
export interface QueueReport {
  readonly model: string
  readonly class?: JobClass
  readonly host?: string
  readonly waiting: number
}

const shownIdsMax = 20

/** What the admin listener tells and changes, asked of Redis each time: it is the same at every api process. */
export class FleetReport {
  readonly #config: Config
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #fleet: Pick<FleetView, 'runningOn'>

  constructor(config: Config, redis: Redis, keys: Keys, fleet: Pick<FleetView, 'runningOn'>) {
    this.#config = config
    this.#redis = redis
    this.#keys = keys
    this.#fleet = fleet
  }

  async hosts(): Promise<HostReport[]> {
    const [states, settings] = await this.#read()
    return this.#config.hosts.map(({ id }) => this.#hostReport(id, states, settings))
  }

  /** @throws DroverError `host_not_found` naming those there are. */
  async drain(id: string, drained: boolean): Promise<HostReport> {
    this.#assertKnown(id)
    await asked(setDrained(this.#redis, this.#keys, id, drained))
    const [states, settings] = await this.#read()
    return this.#hostReport(id, states, settings)
  }

  async settings(): Promise<SettingsReport> {
    const { strategy = this.#config.strategy } = await asked(readSettings(this.#redis, this.#keys))
    return { strategy, configured: this.#config.strategy }
  }

  /** @param strategy undefined goes back to the configuration's. */
  async choose(strategy: Strategy | undefined): Promise<SettingsReport> {
    await asked(setStrategy(this.#redis, this.#keys, strategy))
    return this.settings()
  }

  async queues(hosts: readonly HostReport[]): Promise<QueueReport[]> {
    const models = [...new Set(hosts.flatMap(host => host.models))].sort()
    const groups = models.flatMap(model =>
      jobClasses.map(jobClass => ({ queue: queues.group(model, jobClass), at: { model, class: jobClass } })),
    )
    const bound = hosts.flatMap(({ id, models }) =>
      models.map(model => ({ queue: queues.host(id, model), at: { model, host: id } })),
    )
    const waiting = await asked(this.#waiting([...groups, ...bound].map(({ queue }) => queue)))
    return [...groups, ...bound].flatMap(({ at }, index) => {
      const report: QueueReport = { ...at, waiting: waiting[index] ?? 0 }
      return report.host === undefined || report.waiting > 0 ? [report] : []
    })
  }

  async #read(): Promise<[HostState[], Settings]> {
    return asked(Promise.all([readFleet(this.#redis, this.#keys), readSettings(this.#redis, this.#keys)]))
  }

  #hostReport(id: string, states: readonly HostState[], settings: Settings): HostReport {
    const drained = settings.drained.has(id)
    const state = states.find(host => host.id === id) ?? this.#unseen(id)
    // Loads are told at once, states at every probe.
    const running = this.#fleet.runningOn(id) ?? state.running
    return { ...state, drained, running: state.up ? running : state.running }
  }

  #unseen(id: string): HostReport {
    const { url = '', slots = 0 } = this.#config.hosts.find(host => host.id === id) ?? {}
    const reason = 'no worker has reported on it yet'
    const nothing = { running: 0, drained: false, groups: {}, models: [], loaded: [] }
    return { id, url: new URL(url).origin, up: false, reason, slots, ...nothing }
  }

  #assertKnown(id: string): void {
    const ids = this.#config.hosts.map(host => host.id)
    if (ids.includes(id)) return
    const rest = ids.length > shownIdsMax ? ` and ${ids.length - shownIdsMax} more` : ''
    const known = `there is ${ids.slice(0, shownIdsMax).join(', ')}${rest}`
    throw new DroverError('host_not_found', { host: id, detail: known + didYouMean(id, ids) })
  }

  /** BullMQ keeps a job with an order in `prioritized`, one that came back in `wait`. */
  async #waiting(names: readonly string[]): Promise<number[]> {
    if (names.length === 0) return []
    const pipeline = this.#redis.pipeline()
    for (const name of names) {
      const key = `${this.#keys.prefix}:${name}`
      pipeline.llen(`${key}:wait`).zcard(`${key}:prioritized`)
    }
    const counts = ((await pipeline.exec()) ?? []).map(([error, count]) => {
      if (error !== null) throw error
      return Number(count)
    })
    return names.map((_, index) => (counts[2 * index] ?? 0) + (counts[2 * index + 1] ?? 0))
  }
}

const asked = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer
  } catch (error) {
    throw new DroverError('queue_unavailable', {}, error)
  }
}
