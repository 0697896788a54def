import { jobOptions, orderRange, queues, type ChatJob } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys } from '@drover/shared/redis/keys'
import { Queue } from 'bullmq'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { PullQueues } from '@drover/shared/pull/pull-queues'
import { readTicket } from '../services/worker/src/jobs/ticket.ts'
import { Rebinder } from '../services/worker/src/rebind.ts'
import { Router } from '../services/worker/src/router.ts'
import { chatJob } from './support/chat-job.ts'

const redisUrl = inject('redisUrl')

const job = (id: string, part: Partial<ChatJob>): ChatJob => chatJob({ id, order: 5, boundTo: 'h1', ...part })

const start = async () => {
  const stack = new AsyncDisposableStack()
  const keys = createKeys(`t${randomUUID().slice(0, 8)}`)
  const redis = stack.adopt(createRedis(redisUrl, 'worker'), client => client.disconnect())
  const state = { open: true, errors: [] as Error[] }
  const onError = (error: Error): void => void state.errors.push(error)
  const pullQueues = stack.use(new PullQueues(redis, keys.prefix, onError))
  const router = stack.use(
    new Router({ redis, keys, pullQueues, rebindAfterMs: 10_000, loadOf: () => undefined, fallback: () => undefined }),
  )
  const rebinder = stack.use(new Rebinder({ redis, pullQueues, router, openElsewhere: () => state.open, onError }))
  const open = (name: string): Queue =>
    stack.adopt(new Queue(name, { connection: redis, prefix: keys.prefix }), queue => queue.close())
  const own = open(queues.host('h1', 'm'))
  const group = open(queues.group('m'))
  const add = async (id: string, waitMs: number | undefined, part: Partial<ChatJob> = {}): Promise<void> => {
    const data = job(id, { ...(waitMs === undefined ? {} : { boundUntil: Date.now() + waitMs }), ...part })
    await own.add('chat', data, { ...jobOptions, jobId: id, priority: data.order })
  }
  const inGroup = async (): Promise<string[]> => (await group.getPrioritized()).map(({ id }) => id ?? '')
  const waiting = async (): Promise<string[]> =>
    [...(await own.getWaiting()), ...(await own.getPrioritized())].map(({ id }) => id ?? '')
  /** At one moment: between two answers a job may have moved. */
  const places = async (): Promise<{ there: string[]; here: string[] }> => {
    const key = (name: string, list: string): string => `${keys.prefix}:${name}:${list}`
    const replies = await redis
      .multi()
      .zrange(key(group.name, 'prioritized'), '0', '-1')
      .zrange(key(own.name, 'prioritized'), '0', '-1')
      .lrange(key(own.name, 'wait'), 0, -1)
      .exec()
    const [there = [], ...here] = (replies ?? []).map(([, ids]) => ids as string[])
    return { there, here: here.flat() }
  }
  return { stack, state, rebinder, pullQueues, router, group, own, add, inGroup, waiting, places }
}

test('a job that has waited past its time goes to its group, first there, and the others stay', async () => {
  const { stack, rebinder, group, add, inGroup, waiting, state } = await start()
  await add('fresh', 60_000, { order: 1 })
  await add('late', 300)
  await add('bound for ever', undefined)
  rebinder.waiting('h1', 'm')
  await delay(200)
  expect(await inGroup()).toEqual([])
  await expect.poll(inGroup, { timeout: 1_000, interval: 10 }).toEqual(['late'])
  expect(await waiting()).toEqual(['fresh', 'bound for ever'])
  const moved = (await group.getJob('late'))?.data as ChatJob
  expect(moved).toMatchObject({ order: orderRange.first, moves: 1, triesBefore: 0 })
  expect(moved).not.toHaveProperty('boundTo')
  expect(moved).not.toHaveProperty('boundUntil')
  expect(state.errors).toEqual([])
  await stack.disposeAsync()
})

test('overdue jobs wait on while no other host is open, and go when one is', async () => {
  const { stack, rebinder, state, add, inGroup, waiting } = await start()
  state.open = false
  await add('late', 0)
  rebinder.waiting('h1', 'm')
  await delay(300)
  expect(await waiting()).toEqual(['late'])
  state.open = true
  rebinder.waiting('h1', 'm')
  await expect.poll(inGroup, { timeout: 1_000 }).toEqual(['late'])
  await stack.disposeAsync()
})

test('a job whose time is shorter than that of those before it does not wait for theirs', async () => {
  const { stack, rebinder, add, inGroup } = await start()
  for (let index = 0; index < 100; index += 1) await add(`slow${index}`, 60_000, { order: 1 })
  rebinder.waiting('h1', 'm')
  await delay(150)
  await add('short', 50)
  rebinder.waiting('h1', 'm')
  await expect.poll(inGroup, { timeout: 1_000 }).toEqual(['short'])
  await stack.disposeAsync()
})

test('a host that is given up is left alone', async () => {
  const { stack, rebinder, add, inGroup } = await start()
  await add('late', 0)
  rebinder.waiting('h1', 'm')
  rebinder.forget('h1')
  await delay(300)
  expect(await inGroup()).toEqual([])
  await stack.disposeAsync()
})

test('none is lost and none is there twice while the host itself pulls', async () => {
  const { stack, rebinder, pullQueues, add, places, state } = await start()
  const ids = Array.from({ length: 120 }, (_, index) => `j${index}`)
  const stays = new Set(ids.filter((_, index) => index % 3 === 0))
  for (const [index, id] of ids.entries()) await add(id, stays.has(id) ? 60_000 : index)
  const ran: string[] = []
  const pull = async (): Promise<void> => {
    const token = randomUUID()
    const pulled = await pullQueues.fetch(queues.host('h1', 'm'), token)
    if (pulled === undefined) return
    ran.push(pulled.id ?? '')
    await pullQueues.complete(pulled, token, false)
  }
  rebinder.waiting('h1', 'm')
  for (let round = 0; round < 30; round += 1) {
    await pull()
    await delay(10)
  }
  const settled = async (): Promise<object> => {
    const { there, here } = await places()
    return { overdue: here.filter(id => !stays.has(id)), ids: [...there, ...here, ...ran].sort() }
  }
  await expect.poll(settled, { timeout: 5_000 }).toEqual({ overdue: [], ids: ids.toSorted() })
  expect((await places()).there.length).toBeGreaterThan(40)
  expect(state.errors).toEqual([])
  await stack.disposeAsync()
})

test.each(['back', 'forth'] as const)(
  'a clock that jumps %s an hour after a job was seen neither keeps it nor frees it',
  async way => {
    const { stack, rebinder, add, inGroup, waiting, state } = await start()
    await add('late', 500)
    await add('fresh', 60_000)
    rebinder.waiting('h1', 'm')
    await delay(200)
    const jumpMs = way === 'back' ? -3_600_000 : 3_600_000
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jumpMs })
    onTestFinished(() => void vi.useRealTimers())
    rebinder.waiting('h1', 'm')
    await expect.poll(inGroup, { timeout: 1_500, interval: 10 }).toContain('late')
    rebinder.waiting('h1', 'm')
    await delay(300)
    expect(await waiting()).toEqual(['fresh'])
    expect(state.errors).toEqual([])
    await stack.disposeAsync()
  },
)

test('a host whose clock is an hour ahead does not bind its jobs for an hour', async () => {
  const { stack, rebinder, add, inGroup } = await start()
  const aheadMs = 3_600_000
  await add('late', aheadMs + 300, { enqueuedAt: Date.now() + aheadMs })
  rebinder.waiting('h1', 'm')
  await expect.poll(inGroup, { timeout: 1_500, interval: 10 }).toEqual(['late'])
  await stack.disposeAsync()
})

test('a job that failed on a host is not forgotten to have when it waits on in its group', async () => {
  const { stack, router, pullQueues, group } = await start()
  const data = job('failed', { model: 'm' })
  await group.add('chat', data, { ...jobOptions, jobId: data.id, priority: data.order })
  const token = randomUUID()
  const pulled = await pullQueues.fetch(group.name, token)
  expect(pulled).toBeDefined()
  await router.sendOn(pulled!, token, readTicket(pulled!)!, 'h1')
  expect((await group.getJob('failed'))?.data).toMatchObject({ excludedHosts: ['h1'] })
  await stack.disposeAsync()
})
