import type { Config } from '@drover/shared/config/schema'
import { LogHub } from '@drover/shared/log/hub'
import { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { chatJob, guardOutputJob, locks, queueDefaults, queues } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys, ownerAliveMs } from '@drover/shared/redis/keys'
import { Queue, WaitingError, Worker, type Processor } from 'bullmq'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createGuard } from './engine.ts'
import { guardInput } from './jobs/input.ts'
import { guardOutput } from './jobs/output.ts'

/** Answers one process carries at a time: each is a loop that mostly waits. */
const outputsMax = 1_000
const inputsMax = 32

/** What runs is handed over at once, so an orderly end takes milliseconds. */
const closeLimitMs = 3_000

/** One guard process: takes prompts and answers off its two queues. */
export const startGuard = async (config: Config, redisUrl: string, logger: Logger): Promise<AsyncDisposable> => {
  const onError = (error: Error): void => logger.warn({ err: error }, 'redis')
  const keys = createKeys(config.redis.prefix)
  const redis = createRedis(redisUrl, 'worker').on('error', onError)
  const subscriber = createRedis(redisUrl, 'subscriber').on('error', onError)
  const scripts = new LogScripts(redis, keys)
  const hub = await LogHub.open(`g_${randomUUID()}`, keys, scripts, subscriber)
  const input = createGuard(config.guard.input)
  const output = createGuard(config.guard.output)
  const handOver = new AbortController()
  const groups = new Map<string, Queue>()

  const groupQueue = (model: string): Queue => {
    const known = groups.get(model)
    if (known !== undefined) return known
    const queue = new Queue(queues.group(model), { connection: redis, prefix: keys.prefix, ...queueDefaults })
    groups.set(model, queue.on('error', onError))
    return queue
  }

  const work = (name: string, concurrency: number, processor: Processor): Worker =>
    new Worker(name, processor, {
      connection: redis,
      prefix: keys.prefix,
      concurrency,
      lockDuration: locks.lockDurationMs,
      stalledInterval: locks.stalledIntervalMs,
      // A stalled job is always taken up again: nobody else ends its response.
      maxStalledCount: 1_000,
      drainDelay: 2,
      runRetryDelay: 500,
    })
      .on('error', onError)
      .on('failed', (job, error) => logger.error({ err: error, id: job?.id, queue: name }, 'a job failed'))

  const workers = [
    work(queues.guardInput, inputsMax, async job => {
      try {
        await guardInput(chatJob.parse(job.data), { guard: input, scripts, groupQueue })
      } catch (error) {
        // What cannot be scanned, or read, does not pass.
        await scripts.close(job.id ?? '', ['out'], { type: 'error', code: 'guard_unavailable', params: {} })
        throw error
      }
    }),
    work(queues.guardOutput, outputsMax, async (job, token) => {
      const data = guardOutputJob.parse(job.data)
      const deps = { guard: output, redis, keys, hub, scripts }
      try {
        const end = await guardOutput(data, job.attemptsStarted, deps, handOver.signal)
        if (end === 'finished') return
      } catch (error) {
        // Redis was away at the wrong moment, most likely. A job that failed would leave an answer without an end.
        logger.warn({ err: error, id: data.id }, 'an answer is taken up again')
        if (Date.now() >= data.deadlineAt) throw error
      }
      await job.moveToWait(token)
      throw new WaitingError()
    }),
  ]

  const beat = async (): Promise<void> => {
    await redis.set(keys.guard, '1', 'PX', ownerAliveMs)
  }
  await beat()
  const timer = setInterval(() => void beat().catch(onError), locks.renewMs)

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      // Running answers go to another guard at once; prompts are scanned in no time.
      handOver.abort()
      // Limited: after connections were cut, BullMQ's orderly close was seen to wait for ever for its own main loop.
      await Promise.race([
        Promise.all(workers.map(worker => worker.close())),
        delay(closeLimitMs, undefined, { ref: false }),
      ])
      await Promise.all([...groups.values()].map(queue => queue.close()))
      await hub[Symbol.asyncDispose]()
      subscriber.disconnect()
      redis.disconnect()
    },
  }
}
