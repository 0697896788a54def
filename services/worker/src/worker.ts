import type { Config } from '@drover/shared/config/schema'
import { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { locks } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys } from '@drover/shared/redis/keys'
import { randomUUID } from 'node:crypto'
import { countLiving, fairShare } from './crew.ts'
import { holdLease, leases, releaseLease } from './lease.ts'
import { HostPool } from './pool.ts'
import { PullQueues } from '@drover/shared/pull/pull-queues'
import { Router } from './router.ts'

/** A pool that could work but has got no answer for so many rounds (10 s) is wedged: only a new process mends it. */
const wedgedAfterRounds = 5

export interface WorkerOptions {
  readonly config: Config
  readonly redisUrl: string
  readonly logger: Logger
  /** Called once when the process must be replaced. */
  onWedged(hostId: string): void
}

/** One worker process: the pools of the hosts it holds the lease of. */
export const startWorker = async (options: WorkerOptions): Promise<AsyncDisposable> => {
  const { config, redisUrl, logger } = options
  const keys = createKeys(config.redis.prefix)
  const workerId = `w_${randomUUID()}`
  const onError = (error: Error): void => logger.warn({ err: error }, 'redis')
  const redis = createRedis(redisUrl, 'worker').on('error', onError)
  const subscriber = createRedis(redisUrl, 'subscriber').on('error', onError)
  const scripts = new LogScripts(redis, keys)
  const pullQueues = new PullQueues(redis, keys.prefix, onError)
  const router = new Router(redis, keys, pullQueues)
  const pools = new Map<string, HostPool>()
  /** Hosts that are being given up. */
  const leaving = new Set<string>()
  let closing = false
  const deps = { config, redis, redisUrl, keys, scripts, pullQueues, router, workerId, logger }

  const takeHost = (host: Config['hosts'][number]): HostPool => {
    const pool = new HostPool(host, deps)
    pools.set(host.id, pool)
    void pool.probe()
    pool.run().catch((error: unknown) => {
      logger.fatal({ err: error, host: host.id }, 'a pool broke')
      options.onWedged(host.id)
    })
    logger.info({ host: host.id, slots: host.slots }, 'looking after host')
    return pool
  }

  /** Lets what runs finish; the lease is kept until then, so that the host never gets more than its slots. */
  const giveUpHost = async (pool: HostPool, reason: string): Promise<void> => {
    const { id } = pool.host
    logger.info({ host: id, reason }, 'giving host up')
    leaving.add(id)
    await pool.retire()
    pools.delete(id)
    leaving.delete(id)
    // Should this fail, it runs out.
    await releaseLease(redis, keys.lease(id), workerId).catch(onError)
  }

  /** Renews what is held, takes free hosts up to a fair share, and gives one up that is more than that. */
  const holdLeases = async (): Promise<void> => {
    const share = fairShare(config.hosts.length, await countLiving(redis, keys, workerId, closing))
    for (const host of config.hosts) {
      const pool = pools.get(host.id)
      if (pool === undefined && (closing || pools.size >= share)) continue
      const held = await holdLease(redis, keys.lease(host.id), workerId)
      if (held && pool === undefined) takeHost(host)
      if (!held && pool !== undefined && !leaving.has(host.id)) void giveUpHost(pool, 'its lease was lost')
    }
    // Only one that is idle: a host that is given up rests until its last job is done.
    const kept = [...pools.values()].filter(pool => !leaving.has(pool.host.id))
    const idle = kept.find(pool => pool.running === 0)
    if (kept.length > share && idle !== undefined) void giveUpHost(idle, 'another worker has fewer')
  }

  const renew = async (): Promise<void> => {
    await Promise.all([...pools.values()].map(pool => pool.renewLocks()))
    // A Redis that does not answer wedges nobody; this rejects then, and the round counts for nothing.
    // The subscriber owes an answer, too: a connection that only listens would not notice its own death.
    await Promise.all([redis.ping(), subscriber.ping()])
    for (const pool of pools.values()) {
      if (pool.countStuckRounds() >= wedgedAfterRounds) options.onWedged(pool.host.id)
    }
  }

  subscriber.on('message', (_channel: string, message: string) => {
    const [verb, id = ''] = message.split(' ')
    if (verb === 'cancel') for (const pool of pools.values()) pool.cancel(id)
    if (verb === 'redirect') pools.get(id)?.callOwnQueue()
  })
  await subscriber.subscribe(keys.control)
  await holdLeases()

  const every = (ms: number, work: () => Promise<unknown>): NodeJS.Timeout => {
    let busy = false
    return setInterval(() => {
      if (busy) return
      busy = true
      work()
        .catch((error: unknown) => logger.warn({ err: error }, 'a round failed'))
        .finally(() => (busy = false))
    }, ms)
  }
  const timers = [
    every(locks.renewMs, renew),
    every(leases.renewMs, holdLeases),
    every(config.probe.intervalMs, () => Promise.all([...pools.values()].map(pool => pool.probe()))),
  ]

  return {
    async [Symbol.asyncDispose]() {
      // Locks and leases are renewed until the last job is done.
      closing = true
      await Promise.all(
        [...pools.values()].map(async pool => {
          await pool[Symbol.asyncDispose]()
          pools.delete(pool.host.id)
          // Another worker may have the host now, whatever the other pools still run.
          await releaseLease(redis, keys.lease(pool.host.id), workerId).catch(onError)
        }),
      )
      for (const timer of timers) clearInterval(timer)
      await redis.del(keys.owner(workerId)).catch(onError)
      await router[Symbol.asyncDispose]()
      await pullQueues[Symbol.asyncDispose]()
      subscriber.disconnect()
      redis.disconnect()
    },
  }
}
