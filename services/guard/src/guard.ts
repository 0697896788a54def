import type { Config } from '@drover/shared/config/schema'
import { enqueue } from '@drover/shared/enqueue'
import { LogHub } from '@drover/shared/log/hub'
import { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { PullQueues } from '@drover/shared/pull/pull-queues'
import { locks, queueDefaults, queues, type ChatJob } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys, ownerAliveMs } from '@drover/shared/redis/keys'
import { Queue } from 'bullmq'
import { randomUUID } from 'node:crypto'
import { FindingCounts } from './finding-counts.ts'
import { Guards } from './guards.ts'
import { runInputJob } from './jobs/input.ts'
import { runOutputJob } from './jobs/output.ts'
import { runScanJob } from './jobs/scan.ts'
import { WholeScan } from './pool/whole-scan.ts'
import { PullLoop } from './pull-loop.ts'

/** Answers one process carries at a time: each is a loop that mostly waits. */
const outputsMax = 1_000
const inputsMax = 32
const scansMax = 200

/** One guard process: takes prompts, answers and scans off its three queues. */
export const startGuard = async (config: Config, redisUrl: string, logger: Logger): Promise<AsyncDisposable> => {
  const onError = (error: Error): void => logger.warn({ err: error }, 'redis')
  const keys = createKeys(config.redis.prefix)
  const redis = createRedis(redisUrl, 'worker').on('error', onError)
  const counts = new FindingCounts(redis, keys, logger)
  const guards = new Guards(config)
  const subscriber = createRedis(redisUrl, 'subscriber').on('error', onError)
  const scripts = new LogScripts(redis, keys)
  const hub = await LogHub.open(`g_${randomUUID()}`, keys, scripts, subscriber)
  const handOver = new AbortController()
  const chatQueues = new Map<string, Queue>()

  const chatQueue = (name: string): Queue => {
    const known = chatQueues.get(name)
    if (known !== undefined) return known
    const queue = new Queue(name, { connection: redis, prefix: keys.prefix, ...queueDefaults })
    chatQueues.set(name, queue.on('error', onError))
    return queue
  }

  const beat = async (): Promise<void> => {
    await redis.set(keys.guard, '1', 'PX', ownerAliveMs)
  }
  await beat()

  const pullQueues = new PullQueues(redis, keys.prefix, onError)
  const enqueueChat = (name: string, job: ChatJob): Promise<void> => enqueue(chatQueue(name), job, redis, keys)
  const observed = { guards, wholeScan: new WholeScan(config, guards), observer: counts, scripts }
  const inputDeps = { ...observed, enqueue: enqueueChat }
  const outputDeps = { ...observed, redis, keys, hub, logger }
  const scanDeps = { ...observed, keys, hub }
  const common = { pullQueues, redisUrl, logger }
  const loops = [
    new PullLoop({ ...common, queue: queues.guardInput, limit: inputsMax, run: job => runInputJob(job, inputDeps) }),
    new PullLoop({
      ...common,
      queue: queues.guardOutput,
      limit: outputsMax,
      run: job => runOutputJob(job, outputDeps, handOver.signal),
    }),
    new PullLoop({
      ...common,
      queue: queues.guardScan,
      limit: scansMax,
      run: job => runScanJob(job, scanDeps, handOver.signal),
    }),
  ]

  const renew = (): Promise<unknown> => Promise.all([beat(), counts.flush(), ...loops.map(loop => loop.renewLocks())])
  const timer = setInterval(() => void renew().catch(onError), locks.renewMs)

  return {
    async [Symbol.asyncDispose]() {
      // Running answers go to another guard at once; prompts are scanned in no time.
      handOver.abort()
      await Promise.all(loops.map(loop => loop[Symbol.asyncDispose]()))
      clearInterval(timer)
      await counts.flush().catch(onError)
      await observed.wholeScan[Symbol.asyncDispose]()
      await Promise.allSettled([...chatQueues.values()].map(queue => queue.close()))
      await pullQueues[Symbol.asyncDispose]()
      await hub[Symbol.asyncDispose]()
      subscriber.disconnect()
      redis.disconnect()
    },
  }
}
