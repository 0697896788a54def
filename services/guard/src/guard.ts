import type { Config } from '@drover/shared/config/schema'
import { LogHub } from '@drover/shared/log/hub'
import { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { PullQueues } from '@drover/shared/pull/pull-queues'
import { locks, queues, type ChatJob } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys, ownerAliveMs } from '@drover/shared/redis/keys'
import type { Job } from 'bullmq'
import { randomUUID } from 'node:crypto'
import { ChatQueues } from './chat-queues.ts'
import { FindingCounts } from './finding-counts.ts'
import { Guards } from './guards.ts'
import { runInputJob } from './jobs/input.ts'
import { runObserveJob } from './jobs/observe.ts'
import { runOutputJob } from './jobs/output.ts'
import { runScanJob } from './jobs/scan.ts'
import { WholeScan } from './pool/whole-scan.ts'
import { PullLoop, type Outcome } from './pull-loop.ts'

/** What one process carries at a time. An answer is a loop that mostly waits. */
const limits = { inputs: 32, outputs: 1_000, observed: 1_000, scans: 32 } as const

/** One guard process: takes prompts, answers and scans off its queues. */
export const startGuard = async (config: Config, redisUrl: string, logger: Logger): Promise<AsyncDisposable> => {
  const onError = (error: Error): void => logger.warn({ err: error }, 'redis')
  // First, because settings that can't be kept end it here.
  const guards = new Guards(config)
  const keys = createKeys(config.redis.prefix)
  const redis = createRedis(redisUrl, 'worker').on('error', onError)
  const observer = new FindingCounts(redis, keys, logger)
  const subscriber = createRedis(redisUrl, 'subscriber').on('error', onError)
  const scripts = new LogScripts(redis, keys)
  const hub = await LogHub.open(`g_${randomUUID()}`, keys, scripts, subscriber)
  const handOver = new AbortController()
  const interrupt = handOver.signal

  const beat = async (): Promise<void> => {
    await redis.set(keys.guard, '1', 'PX', ownerAliveMs)
  }
  await beat()

  const pullQueues = new PullQueues(redis, keys.prefix, onError)
  const chatQueues = new ChatQueues(redis, keys, onError)
  const onTheWay = new WholeScan({ config, guards, interrupt })
  // With threads of its own: nobody's prompt waits behind a copy.
  const beside = new WholeScan({ config, guards, interrupt })
  const common = { guards, redis, keys, hub, scripts, logger, observer, interrupt }
  const output = { ...common, wholeScan: onTheWay }
  const input = { ...output, enqueue: (name: string, job: ChatJob) => chatQueues.add(name, job) }
  const other = { ...common, wholeScan: beside }
  const pull = (queue: string, limit: number, run: (job: Job) => Promise<Outcome>): PullLoop =>
    new PullLoop({ pullQueues, redisUrl, logger, queue, limit, run })
  const loops = [
    pull(queues.guardInput, limits.inputs, job => runInputJob(job, input)),
    pull(queues.guardOutput, limits.outputs, job => runOutputJob(job, output, interrupt)),
    pull(queues.guardObserve, limits.observed, job => runObserveJob(job, other, interrupt)),
    pull(queues.guardScan, limits.scans, job => runScanJob(job, other)),
  ]

  const renew = (): Promise<unknown> => Promise.all([beat(), observer.flush(), ...loops.map(loop => loop.renewLocks())])
  const timer = setInterval(() => void renew().catch(onError), locks.renewMs)

  return {
    async [Symbol.asyncDispose]() {
      // What runs goes to another guard at once.
      handOver.abort()
      await Promise.all(loops.map(loop => loop[Symbol.asyncDispose]()))
      clearInterval(timer)
      await observer.flush().catch(onError)
      await Promise.all([onTheWay, beside, chatQueues].map(owned => owned[Symbol.asyncDispose]()))
      await pullQueues[Symbol.asyncDispose]()
      await hub[Symbol.asyncDispose]()
      subscriber.disconnect()
      redis.disconnect()
    },
  }
}
