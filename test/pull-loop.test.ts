import { createLogger } from '@drover/shared/logger'
import { PullQueues } from '@drover/shared/pull/pull-queues'
import { jobOptions, locks } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { Queue, type Job } from 'bullmq'
import { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { PullLoop, type Outcome } from '../services/guard/src/pull-loop.ts'
import { startRedisServer } from './support/redis-server.ts'

const sharedUrl = inject('redisUrl')
const finished: Outcome = { kind: 'finished' }

interface Rig extends AsyncDisposable {
  readonly queue: Queue
  /** One process's: a connection of its own, its locks renewed. */
  startLoop(run: (job: Job) => Promise<Outcome>, limit?: number): PullLoop
  add(count: number): Promise<void>
}

const startRig = (redisUrl = sharedUrl): Rig => {
  const stack = new AsyncDisposableStack()
  const prefix = `pull${randomUUID().slice(0, 8)}`
  const name = '{pulled}'
  const producer = stack.adopt(
    new Redis(redisUrl, { maxRetriesPerRequest: null }).on('error', () => {}),
    client => client.disconnect(),
  )
  const queue = new Queue(name, { connection: producer, prefix }).on('error', () => {})
  let added = 0
  return {
    queue,
    startLoop(run, limit = 10) {
      const redis = stack.adopt(
        createRedis(redisUrl, 'worker').on('error', () => {}),
        client => client.disconnect(),
      )
      const pullQueues = stack.use(new PullQueues(redis, prefix, () => {}))
      const logger = createLogger('test', 'silent')
      const loop = stack.use(new PullLoop({ queue: name, limit, pullQueues, redisUrl, logger, run }))
      const timer = setInterval(() => void loop.renewLocks().catch(() => {}), locks.renewMs)
      stack.defer(() => clearInterval(timer))
      return loop
    },
    async add(count) {
      const jobs = Array.from({ length: count }, () => ({
        name: 'job',
        data: {},
        opts: { ...jobOptions, jobId: `j${(added += 1)}` },
      }))
      await queue.addBulk(jobs)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const nothingLeft = { active: 0, wait: 0, delayed: 0, prioritized: 0 }
const open = (queue: Queue): Promise<Record<string, number>> =>
  queue.getJobCounts('active', 'wait', 'delayed', 'prioritized')

test('every job runs once, and no more at a time than the limit', async () => {
  await using rig = startRig()
  const ran: string[] = []
  let [now, most] = [0, 0]
  const run = async (job: Job): Promise<Outcome> => {
    most = Math.max(most, (now += 1))
    await delay(5)
    now -= 1
    ran.push(job.id ?? '')
    return finished
  }
  rig.startLoop(run, 4)
  await rig.add(100)
  await expect.poll(() => open(rig.queue)).toEqual(nothingLeft)
  expect(most).toBe(4)
  expect(ran).toHaveLength(100)
  expect(new Set(ran).size).toBe(100)
  // One at a time, as they come, is found at once, too.
  const began = performance.now()
  await rig.add(1)
  await expect.poll(() => ran.length, { interval: 5 }).toBe(101)
  expect(performance.now() - began).toBeLessThan(500)
})

test('what a loop that ends gives back is taken up by another at once', async () => {
  await using rig = startRig()
  const interrupted = Promise.withResolvers<Outcome>()
  const begun: string[] = []
  const first = rig.startLoop(async job => {
    begun.push(job.id ?? '')
    return interrupted.promise
  })
  await rig.add(5)
  await expect.poll(() => begun.length).toBe(5)
  const again: string[] = []
  rig.startLoop(async job => {
    again.push(job.id ?? '')
    return finished
  })
  const began = performance.now()
  interrupted.resolve({ kind: 'returned' })
  await first[Symbol.asyncDispose]()
  expect(performance.now() - began).toBeLessThan(500)
  await expect.poll(() => again.length, { interval: 5 }).toBe(5)
  expect(performance.now() - began).toBeLessThan(1_000)
  expect(again.toSorted()).toEqual(begun.toSorted())
  await expect.poll(() => open(rig.queue)).toEqual(nothingLeft)
})

test('a job that failed is kept as such; one whose run rejects is taken up again, one that takes long is not', async () => {
  await using rig = startRig()
  const starts: string[] = []
  const run = async (job: Job): Promise<Outcome> => {
    starts.push(job.id ?? '')
    if (job.id === 'j1') return { kind: 'failed', error: new Error('cannot be done') }
    if (job.id === 'j2' && job.attemptsStarted === 1) throw new Error('Redis was away')
    if (job.id === 'j3') await delay(2 * locks.lockDurationMs)
    return finished
  }
  rig.startLoop(run)
  rig.startLoop(run)
  await rig.add(3)
  await expect.poll(() => open(rig.queue), { timeout: 20_000 }).toEqual(nothingLeft)
  expect(starts.toSorted()).toEqual(['j1', 'j2', 'j2', 'j3'])
  expect(await rig.queue.getJobCounts('failed', 'completed')).toEqual({ failed: 1, completed: 2 })
})

test('a loop outlives a Redis that refuses, and one that restarts', async () => {
  await using server = await startRedisServer({ appendonly: true })
  await using rig = startRig(server.url)
  let ran = 0
  rig.startLoop(async () => {
    ran += 1
    return finished
  })
  await rig.add(1)
  await expect.poll(() => ran).toBe(1)

  const admin = new Redis(server.url).on('error', () => {})
  await admin.replicaof('127.0.0.1', '1')
  await delay(1_500)
  await admin.replicaof('NO', 'ONE')
  await rig.add(1)
  await expect.poll(() => ran, { timeout: 5_000 }).toBe(2)

  await server.kill('SIGKILL')
  await delay(500)
  await server.restart()
  await rig.add(1)
  await expect.poll(() => ran, { timeout: 5_000 }).toBe(3)
  admin.disconnect()
})

test('a queue that is first used while Redis is frozen works when it thaws', async () => {
  await using server = await startRedisServer()
  await using rig = startRig(server.url)
  await rig.queue.waitUntilReady()
  const redis = createRedis(server.url, 'worker').on('error', () => {})
  await redis.ping()
  await using queues = new PullQueues(redis, rig.queue.opts.prefix ?? '', () => {})
  await server.kill('SIGSTOP')
  await expect(queues.fetch('{pulled}', 'token')).rejects.toThrow()
  await server.kill('SIGCONT')
  await rig.add(1)
  await expect.poll(() => queues.fetch('{pulled}', 'token').catch(() => undefined), { timeout: 5_000 }).toBeDefined()
  redis.disconnect()
})

test.each(['cut off', 'frozen'])(
  'queues end at once while Redis is %s, and nothing of them rejects later',
  async how => {
    await using server = await startRedisServer()
    const redis = createRedis(server.url, 'worker').on('error', () => {})
    const queues = new PullQueues(redis, 'p', () => {})
    for (const name of ['{one}', '{two}']) await queues.fetch(name, 'token')
    await server.kill(how === 'frozen' ? 'SIGSTOP' : 'SIGKILL')
    // Long enough for stalled checks to be on their way.
    await delay(1_000)
    queues.get('{new}')
    const began = performance.now()
    await queues[Symbol.asyncDispose]()
    expect(performance.now() - began).toBeLessThan(50)
    redis.disconnect()
    await delay(6_000)
  },
)
