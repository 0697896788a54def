import type { Config } from '@drover/shared/config/schema'
import { readFleet, type HostState } from '@drover/shared/fleet'
import { queues } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'

const refreshMs = 1_000

/**
 * What this process believes about the fleet, so that admission asks Redis nothing. Refreshed every second, and at
 * once when a worker says that a host went up or down. While Redis is away the last view stands.
 */
export class FleetView implements AsyncDisposable {
  /** Redis remembers hosts that have left the configuration. */
  readonly #ids: ReadonlySet<string>
  readonly #redis: Redis
  readonly #subscriber: Redis
  readonly #keys: Keys
  readonly #timer: NodeJS.Timeout
  #hosts: readonly HostState[] = []
  #waiting = new Map<string, number>()
  #guardAlive = false
  #redisAnswers = false
  #refreshing = false
  #again = false

  private constructor(hosts: Config['hosts'], redis: Redis, subscriber: Redis, keys: Keys) {
    this.#ids = new Set(hosts.map(host => host.id))
    this.#redis = redis
    this.#subscriber = subscriber
    this.#keys = keys
    this.#timer = setInterval(() => void this.#refresh(), refreshMs)
    subscriber.on('message', this.#onMessage)
  }

  static async open(hosts: Config['hosts'], redis: Redis, subscriber: Redis, keys: Keys): Promise<FleetView> {
    const view = new FleetView(hosts, redis, subscriber, keys)
    await subscriber.subscribe(keys.fleet)
    await view.#refresh()
    return view
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    this.#subscriber.off('message', this.#onMessage)
  }

  get hosts(): readonly HostState[] {
    return this.#hosts
  }

  get guardAlive(): boolean {
    return this.#guardAlive
  }

  get redisAnswers(): boolean {
    return this.#redisAnswers
  }

  knows(model: string): boolean {
    return this.#hosts.some(host => host.models.includes(model))
  }

  /** Every host was reached at least once, so a model that nobody named does not exist. */
  get complete(): boolean {
    return [...this.#ids].every(id => this.#hosts.some(host => host.id === id && host.version !== undefined))
  }

  isServed(model: string): boolean {
    return this.#hosts.some(host => host.up && host.models.includes(model))
  }

  /** Jobs on the model's queue at the last refresh. */
  waiting(model: string): number {
    return this.#waiting.get(model) ?? 0
  }

  readonly #onMessage = (channel: string): void => {
    if (channel === this.#keys.fleet) void this.#refresh()
  }

  async #refresh(): Promise<void> {
    // News that comes during a look asks for another one.
    this.#again = this.#refreshing
    if (this.#refreshing) return
    this.#refreshing = true
    try {
      this.#hosts = (await readFleet(this.#redis, this.#keys)).filter(host => this.#ids.has(host.id))
      this.#guardAlive = (await this.#redis.exists(this.#keys.guard)) === 1
      this.#waiting = await this.#readWaiting()
      this.#redisAnswers = true
    } catch {
      this.#redisAnswers = false
    } finally {
      this.#refreshing = false
    }
    if (this.#again) await this.#refresh()
  }

  async #readWaiting(): Promise<Map<string, number>> {
    const models = [...new Set(this.#hosts.flatMap(host => host.models))]
    if (models.length === 0) return new Map()
    const pipeline = this.#redis.pipeline()
    for (const model of models) pipeline.llen(`${this.#keys.prefix}:${queues.group(model)}:wait`)
    const replies = (await pipeline.exec()) ?? []
    return new Map(models.map((model, index) => [model, Number(replies[index]?.[1] ?? 0)]))
  }
}
