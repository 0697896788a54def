import type { Config } from '@drover/shared/config/schema'
import { LogHub } from '@drover/shared/log/hub'
import { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { PullQueues } from '@drover/shared/pull/pull-queues'
import { locks, queueDefaults, queues } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys, ownerAliveMs } from '@drover/shared/redis/keys'
import { Queue } from 'bullmq'
import { randomUUID } from 'node:crypto'
import { createGuard } from './engine.ts'
import { runInputJob } from './jobs/input.ts'
import { runOutputJob } from './jobs/output.ts'
import { PullLoop } from './pull-loop.ts'

/** Answers one process carries at a time: each is a loop that mostly waits. */
const outputsMax = 1_000
const inputsMax = 32

/** One guard process: takes prompts and answers off its two queues. */
export const startGuard = async (config: Config, redisUrl: string, logger: Logger): Promise<AsyncDisposable> => {
  const onError = (error: Error): void => logger.warn({ err: error }, 'redis')
  const keys = createKeys(config.redis.prefix)
  const redis = createRedis(redisUrl, 'worker').on('error', onError)
  const subscriber = createRedis(redisUrl, 'subscriber').on('error', onError)
  const scripts = new LogScripts(redis, keys)
  const hub = await LogHub.open(`g_${randomUUID()}`, keys, scripts, subscriber)
  const handOver = new AbortController()
  const groups = new Map<string, Queue>()

  const groupQueue = (model: string): Queue => {
    const known = groups.get(model)
    if (known !== undefined) return known
    const queue = new Queue(queues.group(model), { connection: redis, prefix: keys.prefix, ...queueDefaults })
    groups.set(model, queue.on('error', onError))
    return queue
  }

  const beat = async (): Promise<void> => {
    await redis.set(keys.guard, '1', 'PX', ownerAliveMs)
  }
  await beat()

  const pullQueues = new PullQueues(redis, keys.prefix, onError)
  const inputDeps = { guard: createGuard(config.guard.input), scripts, groupQueue }
  const outputDeps = { guard: createGuard(config.guard.output), redis, keys, hub, scripts, logger }
  const common = { pullQueues, redisUrl, logger }
  const loops = [
    new PullLoop({ ...common, queue: queues.guardInput, limit: inputsMax, run: job => runInputJob(job, inputDeps) }),
    new PullLoop({
      ...common,
      queue: queues.guardOutput,
      limit: outputsMax,
      run: job => runOutputJob(job, outputDeps, handOver.signal),
    }),
  ]

  const renew = (): Promise<unknown> => Promise.all([beat(), ...loops.map(loop => loop.renewLocks())])
  const timer = setInterval(() => void renew().catch(onError), locks.renewMs)

  return {
    async [Symbol.asyncDispose]() {
      // Running answers go to another guard at once; prompts are scanned in no time.
      handOver.abort()
      await Promise.all(loops.map(loop => loop[Symbol.asyncDispose]()))
      clearInterval(timer)
      await Promise.allSettled([...groups.values()].map(queue => queue.close()))
      await pullQueues[Symbol.asyncDispose]()
      await hub[Symbol.asyncDispose]()
      subscriber.disconnect()
      redis.disconnect()
    },
  }
}
