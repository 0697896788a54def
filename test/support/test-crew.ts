import { createRedis } from '@drover/shared/redis/client'
import { createKeys, type Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Crew, type CrewPool } from '../../services/worker/src/crew.ts'
import { total, type Usage } from '../../services/worker/src/held-slots.ts'

/** Workers that are nothing but their crew, and pools whose jobs the test starts and ends. */

/** What all hosts run, whoever started it: the truth that no worker sees. */
export class World {
  readonly slots = 3
  readonly running = new Map<string, number>()
  most = 0

  start(hostId: string): void {
    const count = (this.running.get(hostId) ?? 0) + 1
    this.running.set(hostId, count)
    this.most = Math.max(this.most, count)
  }

  end(hostId: string): void {
    this.running.set(hostId, (this.running.get(hostId) ?? 0) - 1)
  }
}

/** A pool whose jobs are started and ended by the test, each fetched by a round trip that takes its time. */
class TestPool implements CrewPool {
  ended = false
  dead = false
  stopping = false
  readonly #jobs: string[] = []
  readonly #hostId: string
  readonly #world: World
  readonly #fetch: () => Promise<unknown>
  readonly #holds: () => boolean
  #held: Usage | undefined
  #fetching = new Set<Promise<void>>()
  #freed = Promise.withResolvers<void>()

  constructor(hostId: string, world: World, fetch: () => Promise<unknown>, holds: () => boolean) {
    this.#hostId = hostId
    this.#world = world
    this.#fetch = fetch
    this.#holds = holds
  }

  get held(): number {
    return total(this.#held ?? {})
  }

  get used(): number {
    return this.#jobs.length
  }

  usage(): Usage {
    const used: Record<string, number> = {}
    for (const model of this.#jobs) used[model] = (used[model] ?? 0) + 1
    return used
  }

  whenFreed(): Promise<void> {
    return this.#freed.promise
  }

  setHeld(held: Usage): void {
    this.#held = held
  }

  async stopPulling(): Promise<void> {
    this.stopping = true
    await Promise.all(this.#fetching)
  }

  stopRunning(): void {
    while (this.#jobs.length > 0) this.endOne()
  }

  async end(): Promise<void> {
    this.ended = true
  }

  /** As a pool does: only with a free slot, and only while the lease is ours. */
  startOne(model: string): void {
    if (this.stopping || this.dead || this.#held === undefined || !this.#holds()) return
    if (this.#jobs.length + this.#fetching.size + this.held >= this.#world.slots) return
    const fetched = this.#fetch()
      .then(() => {
        if (this.dead || !(this.#holds() || this.stopping)) return
        this.#jobs.push(model)
        this.#world.start(this.#hostId)
      })
      .catch(() => {})
      .finally(() => this.#fetching.delete(fetched))
    this.#fetching.add(fetched)
  }

  endOne(): void {
    if (this.#jobs.shift() === undefined) return
    this.#world.end(this.#hostId)
    this.#freed.resolve()
    this.#freed = Promise.withResolvers()
  }

  /** The process is gone, and with it its connections to the host. */
  crash(): void {
    this.dead = true
    while (this.#jobs.shift() !== undefined) this.#world.end(this.#hostId)
  }
}

export interface Worker {
  readonly id: string
  readonly redis: Redis
  readonly subscriber: Redis
  readonly crew: Crew
  readonly pools: TestPool[]
  readonly byHost: Map<string, TestPool>
}

export const hostIds = ['h1', 'h2', 'h3', 'h4']

export const startWorker = async (redisUrl: string, keys: Keys, world: World, hosts = hostIds): Promise<Worker> => {
  const redis = createRedis(redisUrl, 'worker')
  const subscriber = createRedis(redisUrl, 'subscriber')
  const id = `w_${randomUUID().slice(0, 8)}`
  const pools: TestPool[] = []
  const byHost = new Map<string, TestPool>()
  const crew: Crew = new Crew({
    redis,
    keys,
    workerId: id,
    hostIds: hosts,
    take: hostId => {
      const pool = new TestPool(
        hostId,
        world,
        async () => {
          await redis.get('anything')
          await delay(Math.random() ** 4 * 60)
        },
        () => crew.holds(hostId),
      )
      pools.push(pool)
      byHost.set(hostId, pool)
      return pool
    },
    onLeaving: hostId => byHost.delete(hostId),
    onError: () => {},
  })
  subscriber.on('message', (_channel: string, message: string) => {
    const [verb, hostId = ''] = message.split(' ')
    if (verb === 'held') crew.hear(hostId)
  })
  await subscriber.subscribe(keys.control)
  return { id, redis, subscriber, crew, pools, byHost }
}

export const disconnect = ({ redis, subscriber }: Worker): void => {
  redis.disconnect()
  subscriber.disconnect()
}

export const freshKeys = (): Keys => createKeys(`t${randomUUID().slice(0, 8)}`)
