import type { Config } from '@drover/shared/config/schema'
import { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { locks } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys } from '@drover/shared/redis/keys'
import { readSettings, settingsChanged } from '@drover/shared/settings'
import { randomUUID } from 'node:crypto'
import { Crew } from './crew.ts'
import { Dispatcher } from './dispatcher.ts'
import { FleetLoads } from './fleet-loads.ts'
import { nextModel } from './fallbacks.ts'
import { sendAwayFromFormerHosts } from './former-hosts.ts'
import { leases } from './lease.ts'
import { Lines } from './lines.ts'
import { LoadChannel } from './load-channel.ts'
import { QueueLook } from './look.ts'
import { LostJobs } from './lost-jobs.ts'
import { HostPool } from './pool.ts'
import { PullQueues } from '@drover/shared/pull/pull-queues'
import { Rebinder } from './rebind.ts'
import { Router } from './router.ts'

/** A worker that is owed an answer for so many rounds (10 s) is wedged. */
const wedgedAfterRounds = 5

/** Everything that a lost message could have told is looked at so often. */
const lookMs = 2_000

const tellMs = 1_000

const formerHostsMs = 5_000

export interface WorkerOptions {
  readonly config: Config
  readonly redisUrl: string
  readonly logger: Logger
  /** Called once when the process must be replaced. */
  onWedged(reason: string): void
}

/** One worker process: the pools of the hosts it holds the lease of, and the dispatcher that gives them their jobs. */
export const startWorker = async (options: WorkerOptions): Promise<AsyncDisposable> => {
  const { config, redisUrl, logger } = options
  const keys = createKeys(config.redis.prefix)
  const workerId = `w_${randomUUID()}`
  const hosts = new Map(config.hosts.map(host => [host.id, host]))
  const hostIds = [...hosts.keys()]
  const onError = (error: Error): void => logger.warn({ err: error }, 'redis')
  const redis = createRedis(redisUrl, 'worker').on('error', onError)
  const subscriber = createRedis(redisUrl, 'subscriber').on('error', onError)
  const scripts = new LogScripts(redis, keys)
  const pullQueues = new PullQueues(redis, keys.prefix, onError, queue => dispatcher.called(queue))
  const lines = new Lines()
  const loads = new FleetLoads(hostIds)
  const isLive = (model: string, except: readonly string[] = []): boolean =>
    [...loads.all()].some(load => load.open && load.groups[model] !== undefined && !except.includes(load.id))
  const router = new Router({
    redis,
    keys,
    pullQueues,
    rebindAfterMs: config.queue.rebindAfterMs,
    loadOf: id => loads.get(id),
    fallback: job => nextModel(job, 'upstream_failed', config.models, isLive),
  })
  const lostJobs = new LostJobs({ lines, pullQueues, router, scripts, logger })
  const openElsewhere = (hostId: string, model: string): boolean => isLive(model, [hostId])
  const rebinder = new Rebinder({ redis, pullQueues, router, openElsewhere, onError })
  const queueLook = new QueueLook(redis, keys.prefix)
  /** Also those that are given up and still run something. */
  const pools = new Set<HostPool>()
  const loadChannel = new LoadChannel(redis, keys, id => loads.own(id))
  let drained: ReadonlySet<string> = new Set()

  const dispatcher = new Dispatcher({
    settings: config.queue,
    logger,
    lines,
    loads,
    fetch: (queue, token) => pullQueues.fetch(queue, token),
    complete: (job, token, fetchNext) => pullQueues.complete(job, token, fetchNext),
    look: async asked => {
      const sights = await queueLook.at(asked)
      // What a dead worker ran is brought back by its queue's stalled check; a queue without jobs needs none.
      for (const [index, { queue }] of asked.entries()) if ((sights[index]?.active ?? 0) > 0) pullQueues.get(queue)
      return sights
    },
    onLost: queue => lostJobs.sendAway(queue),
    onBound: (hostId, model) => rebinder.waiting(hostId, model),
  })

  const takeHost = (id: string): HostPool => {
    const host = hosts.get(id)
    if (host === undefined) throw new Error(`host ${id} is not in the configuration`)
    const pool = new HostPool(host, drained.has(id), {
      config,
      redis,
      keys,
      scripts,
      pullQueues,
      router,
      workerId,
      logger,
      isLive,
      holds: hostId => crew.holds(hostId),
      complete: (of, job, token) => dispatcher.complete(of, job, token),
      onChange: changed => {
        dispatcher.changed(changed)
        loadChannel.changed(id)
      },
      onEnd: ended => pools.delete(ended),
    })
    pools.add(pool)
    dispatcher.add(pool)
    void pool.probe()
    logger.info({ host: id, slots: host.slots }, 'looking after host')
    return pool
  }

  const crew = new Crew({
    redis,
    keys,
    workerId,
    hostIds,
    take: takeHost,
    onLeaving: (host, reason) => {
      logger.info({ host, reason }, 'giving host up')
      const load = loads.own(host)
      if (load !== undefined) loadChannel.left(load)
      dispatcher.remove(host)
      rebinder.forget(host)
    },
    onError,
  })

  const readDrained = async (): Promise<void> => {
    drained = (await readSettings(redis, keys)).drained
    for (const pool of pools) pool.setDrained(drained.has(pool.host.id))
  }

  const hear = (channel: string, message: string): void => {
    if (channel === keys.load) return loadChannel.isOwn(message) ? undefined : dispatcher.hear(message)
    if (channel === keys.fleet) return message === settingsChanged ? void readDrained().catch(onError) : undefined
    const [verb, of = ''] = message.split(' ')
    if (verb === 'job') dispatcher.called(of)
    if (verb === 'held') crew.hear(of)
    if (verb === 'cancel') for (const pool of pools) pool.slots.cancel(of)
    if (verb === 'unload') for (const pool of pools) void pool.unload(of)
  }

  /** What was said while nobody listened is looked at. */
  const listen = async (): Promise<void> => {
    await subscriber.subscribe(keys.control, keys.fleet, keys.load)
    await dispatcher.look()
  }

  const renew = async (): Promise<void> => {
    await Promise.all([...pools].map(pool => pool.slots.renewLocks()))
    // A Redis that does not answer wedges nobody; this rejects then, and the round counts for nothing.
    // The subscriber owes an answer, too: a connection that only listens would not notice its own death.
    await Promise.all([redis.ping(), subscriber.ping()])
    if (dispatcher.countStuckRounds() >= wedgedAfterRounds) options.onWedged('no answer to a fetch')
  }

  subscriber.on('message', hear)
  await listen()
  subscriber.on('ready', () => void listen().catch(onError))
  await readDrained()
  await crew.round()

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
    every(leases.renewMs, () => crew.round()),
    every(lookMs, () => Promise.all([dispatcher.look(), readDrained()])),
    every(formerHostsMs, () =>
      sendAwayFromFormerHosts({ redis, keys, hostIds, lostJobs, look: asked => queueLook.at(asked) }),
    ),
    // One that does not answer must not hold the others up; each is asked once at a time.
    setInterval(() => {
      for (const pool of pools) void pool.probe()
    }, config.probe.intervalMs),
    setInterval(() => {
      for (const pool of pools) loadChannel.changed(pool.host.id)
    }, tellMs),
  ]

  return {
    async [Symbol.asyncDispose]() {
      // Locks and leases are renewed until the last job is done.
      const drain = setTimeout(() => {
        for (const pool of pools) pool.stopRunning()
      }, config.server.drainMs)
      await crew.close()
      clearTimeout(drain)
      for (const timer of timers) clearInterval(timer)
      dispatcher[Symbol.dispose]()
      rebinder[Symbol.dispose]()
      loadChannel[Symbol.dispose]()
      await router[Symbol.asyncDispose]()
      await pullQueues[Symbol.asyncDispose]()
      subscriber.disconnect()
      redis.disconnect()
    },
  }
}
