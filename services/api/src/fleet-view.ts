import type { Catalogued } from '@drover/shared/catalogue'
import type { Config, Strategy } from '@drover/shared/config/schema'
import { readFleet, type HostState } from '@drover/shared/fleet'
import { jobClasses, queues, type JobClass } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { waitsOf, type Waits } from '@drover/shared/scheduling/expected-wait'
import { loadEveryMs, type HostLoad } from '@drover/shared/scheduling/load'
import { LoadView } from '@drover/shared/scheduling/load-view'
import { noSettings, readSettings, type Settings } from '@drover/shared/settings'
import type { Redis } from 'ioredis'
import { Catalogues } from './catalogues.ts'

const refreshMs = 1_000

/** A model's hosts, and how long its jobs wait. */
export interface Serving {
  /** By id; `open` is true of those that take a job now. */
  readonly hosts: readonly HostLoad[]
  readonly waits: Waits
}

/** Copies that wait, beyond which no more are made. */
const observedMax = 1_000

/**
 * What this process believes about the fleet, so that admission asks Redis nothing. Refreshed every second, and at
 * once when a worker says that a host went up or down; loads as they are heard. While Redis is away the last view stands.
 */
export class FleetView implements AsyncDisposable {
  /** Redis remembers hosts that have left the configuration. */
  readonly #ids: ReadonlySet<string>
  readonly #configured: Strategy
  readonly #redis: Redis
  readonly #subscriber: Redis
  readonly #keys: Keys
  readonly #timer: NodeJS.Timeout
  readonly #heard = new LoadView()
  readonly #catalogues: Catalogues
  readonly #serving = new Map<string, Serving>()
  #servingAtMs = 0
  #hosts: readonly HostState[] = []
  #settings: Settings = noSettings
  #waiting: Waiting = noneWaiting
  #guardAlive = false
  #observable = false
  #redisAnswers = false
  #refreshing = false
  #again = false

  private constructor(config: Pick<Config, 'hosts' | 'strategy'>, redis: Redis, subscriber: Redis, keys: Keys) {
    this.#ids = new Set(config.hosts.map(host => host.id))
    this.#configured = config.strategy
    this.#redis = redis
    this.#subscriber = subscriber
    this.#keys = keys
    this.#catalogues = new Catalogues(redis, keys)
    this.#timer = setInterval(() => void this.#refresh(), refreshMs)
    subscriber.on('message', this.#onMessage)
  }

  static async open(
    config: Pick<Config, 'hosts' | 'strategy'>,
    redis: Redis,
    subscriber: Redis,
    keys: Keys,
  ): Promise<FleetView> {
    const view = new FleetView(config, redis, subscriber, keys)
    await subscriber.subscribe(keys.fleet, keys.load)
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

  /** Whether copies for guards would be read: with nobody there to read them they would fill Redis. */
  get observable(): boolean {
    return this.#observable
  }

  get redisAnswers(): boolean {
    return this.#redisAnswers
  }

  get strategy(): Strategy {
    return this.#settings.strategy ?? this.#configured
  }

  knows(model: string): boolean {
    return this.#hosts.some(host => host.models.includes(model))
  }

  /** Every host was reached at least once, so a model that nobody named does not exist. */
  get complete(): boolean {
    return [...this.#ids].every(id => this.#hosts.some(host => host.id === id && host.version !== undefined))
  }

  /** A host that is drained takes nothing new, which is what counts here. */
  isServed(model: string): boolean {
    return this.#hosts.some(host => this.#takes(host, model))
  }

  /** What hosts have, by host id; the models are public names. Of hosts that were never described, nothing. */
  get catalogues(): ReadonlyMap<string, readonly Catalogued[]> {
    return this.#catalogues.byHost
  }

  /**
   * Whether some host that takes jobs for the model can do it; undefined while that is not known. False only if each of
   * these hosts has told what it can do.
   * @param capability in Ollama's words: `completion`, `tools`, `vision`, `thinking`, `embedding`, `insert`.
   */
  canDo(model: string, capability: string): boolean | undefined {
    const hosts = this.#hosts.values().filter(host => this.#takes(host, model))
    return this.#catalogues.canDo(hosts, model, capability)
  }

  /**
   * At most `loadEveryMs` old, as are the loads themselves: however many requests come and processes report, it is worked
   * out a hundred times a second (0.1 ms each with 300 hosts), and a request pays for a look at a map.
   */
  serving(model: string): Serving {
    const nowMs = performance.now()
    if (nowMs - this.#servingAtMs > loadEveryMs) this.#serving.clear()
    const known = this.#serving.get(model)
    if (known !== undefined) return known
    const hosts = this.#hosts.filter(host => this.#takes(host, model)).map(host => this.#loadOf(host, nowMs))
    const serving = { hosts, waits: waitsOf({ model, hosts, waiting: this.waiting }) }
    if (this.#serving.size === 0) this.#servingAtMs = nowMs
    this.#serving.set(model, serving)
    return serving
  }

  /** Requests the host runs now; undefined when nothing was heard of it yet. */
  runningOn(id: string): number | undefined {
    return this.#heard.get(id, performance.now())?.used
  }

  /** Jobs that wait for any host, at the last refresh, per model. */
  get waiting(): ReadonlyMap<string, number> {
    return this.#waiting.byModel
  }

  /** Jobs of more urgent classes on the model's group queues, at the last refresh. */
  waitingBefore(model: string, jobClass: JobClass): number {
    const before = jobClasses.slice(0, jobClasses.indexOf(jobClass))
    return before.reduce((sum, name) => sum + this.#waitingOn(queues.group(model, name)), 0)
  }

  /** Interactive jobs for the model on other queues than this, at the last refresh. */
  waitingBeside(model: string, queue: string): number {
    return (this.#waiting.interactive.get(model) ?? 0) - this.#waitingOn(queue)
  }

  #waitingOn(queue: string): number {
    return this.#waiting.byQueue.get(queue) ?? 0
  }

  #takes(host: HostState, model: string): boolean {
    return host.up && !host.drained && !this.#settings.drained.has(host.id) && host.models.includes(model)
  }

  /** As it was heard, else as it was described at its last probe. */
  #loadOf(host: HostState, nowMs: number): HostLoad {
    const { id, slots, running, groups } = host
    return this.#heard.get(id, nowMs) ?? { id, open: true, slots, used: running, groups }
  }

  readonly #onMessage = (channel: string, message: string): void => {
    if (channel === this.#keys.fleet) void this.#refresh()
    else if (channel === this.#keys.load) this.#heard.hear(message, performance.now())
  }

  async #refresh(): Promise<void> {
    // News that comes during a look asks for another one.
    this.#again = this.#refreshing
    if (this.#refreshing) return
    this.#refreshing = true
    try {
      const [hosts, settings, guards, observed] = await Promise.all([
        readFleet(this.#redis, this.#keys),
        readSettings(this.#redis, this.#keys),
        this.#redis.exists(this.#keys.guard),
        this.#redis.llen(`${this.#keys.prefix}:${queues.guardObserve}:wait`),
      ])
      this.#hosts = hosts.filter(host => this.#ids.has(host.id)).sort((a, b) => (a.id < b.id ? -1 : 1))
      this.#settings = settings
      this.#guardAlive = guards === 1
      this.#observable = this.#guardAlive && observed < observedMax
      // With the hosts, not after what follows: whoever sees a host may ask it.
      this.#redisAnswers = true
      const [waiting] = await Promise.all([this.#readWaiting(), this.#catalogues.refresh(this.#hosts)])
      this.#waiting = waiting
    } catch {
      this.#redisAnswers = false
    } finally {
      this.#serving.clear()
      this.#refreshing = false
    }
    if (this.#again) await this.#refresh()
  }

  async #readWaiting(): Promise<Waiting> {
    const models = [...new Set(this.#hosts.flatMap(host => host.models))]
    const groups = models.flatMap(model => jobClasses.map(name => ({ model, queue: queues.group(model, name) })))
    const interactive = models.map(model => ({ model, queue: queues.group(model) }))
    // Under least_busy they hold next to nothing, and there are many.
    const bound = this.strategy === 'least_busy' ? [] : this.#hosts.flatMap(hostQueues)
    const byQueue = await this.#count([...groups, ...bound].map(({ queue }) => queue))
    return { byQueue, byModel: perModel(groups, byQueue), interactive: perModel([...interactive, ...bound], byQueue) }
  }

  async #count(names: readonly string[]): Promise<Map<string, number>> {
    if (names.length === 0) return new Map()
    const pipeline = this.#redis.pipeline()
    for (const name of names)
      pipeline.zcard(`${this.#keys.prefix}:${name}:prioritized`).llen(`${this.#keys.prefix}:${name}:wait`)
    const replies = ((await pipeline.exec()) ?? []).map(([, count]) => Number(count ?? 0))
    return new Map(names.map((name, index) => [name, (replies[2 * index] ?? 0) + (replies[2 * index + 1] ?? 0)]))
  }
}

interface ModelQueue {
  readonly model: string
  readonly queue: string
}

const hostQueues = ({ id, models }: HostState): ModelQueue[] =>
  models.map(model => ({ model, queue: queues.host(id, model) }))

const perModel = (of: readonly ModelQueue[], byQueue: ReadonlyMap<string, number>): Map<string, number> => {
  const sums = new Map<string, number>()
  for (const { model, queue } of of) sums.set(model, (sums.get(model) ?? 0) + (byQueue.get(queue) ?? 0))
  return sums
}

interface Waiting {
  readonly byQueue: ReadonlyMap<string, number>
  /** On the group queues of all classes. */
  readonly byModel: ReadonlyMap<string, number>
  /** On the group queues of that class, and on host queues. */
  readonly interactive: ReadonlyMap<string, number>
}

const noneWaiting: Waiting = { byQueue: new Map(), byModel: new Map(), interactive: new Map() }
