import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, test, vi } from 'vitest'
import { leases } from '../services/worker/src/lease.ts'
import { disconnect, freshKeys, hostIds, startWorker, World } from './support/test-crew.ts'

const redisUrl = inject('redisUrl')

test('a host is handed over while its jobs run on, and its slots are counted until they end', async () => {
  const keys = freshKeys()
  const world = new World()
  const first = await startWorker(redisUrl, keys, world, ['h1'])
  await first.crew.round()
  const old = first.byHost.get('h1')
  old?.startOne('m1')
  old?.startOne('m2')
  await expect.poll(() => old?.used).toBe(2)
  const second = await startWorker(redisUrl, keys, world, ['h1'])
  await second.crew.round()
  expect(second.byHost.size).toBe(0)

  const closed = first.crew.close()
  const beats = setInterval(() => void second.crew.round(), 100)
  await expect.poll(() => second.byHost.get('h1')?.held, { timeout: 1_000, interval: 5 }).toBe(2)
  clearInterval(beats)
  old?.endOne()
  await expect.poll(() => second.byHost.get('h1')?.held, { timeout: 500, interval: 5 }).toBe(1)
  old?.endOne()
  await closed
  await expect.poll(() => second.byHost.get('h1')?.held, { timeout: 500, interval: 5 }).toBe(0)
  expect(await second.redis.exists(keys.held('h1'))).toBe(0)
  expect(old?.ended).toBe(true)
  disconnect(first)
  disconnect(second)
})

test('who has its share already takes the hosts of a worker that stops as soon as they are free', async () => {
  const keys = freshKeys()
  const world = new World()
  const stops = await startWorker(redisUrl, keys, world)
  const stays = await startWorker(redisUrl, keys, world)
  await stops.crew.round()
  while (stays.byHost.size < 2) {
    await stays.crew.round()
    await stops.crew.round()
  }
  // No round but those that are called for.
  const closed = stops.crew.close()
  await expect.poll(() => stays.byHost.size, { timeout: 500, interval: 5 }).toBe(hostIds.length)
  await closed
  disconnect(stops)
  disconnect(stays)
})

test('the lease is released once what still runs is written down, and that once the last fetch has ended', async () => {
  const keys = freshKeys()
  const worker = await startWorker(redisUrl, keys, new World(), ['h1'])
  const watcher = await startWorker(redisUrl, keys, new World(), [])
  await worker.crew.round()
  const pool = worker.byHost.get('h1')
  pool?.startOne('m1')
  await expect.poll(() => pool?.used).toBe(1)
  const fetched = Promise.withResolvers<void>()
  if (pool !== undefined) pool.stopPulling = () => fetched.promise
  const seen: [lease: number, held: string | null][] = []
  const closed = worker.crew.close()
  const look = async (): Promise<void> => {
    const [lease, held] = await Promise.all([
      watcher.redis.exists(keys.lease('h1')),
      watcher.redis.hget(keys.held('h1'), worker.id),
    ])
    seen.push([lease, held])
  }
  for (let count = 0; count < 20; count += 1) await look()
  expect(seen.at(-1)).toEqual([1, null])
  fetched.resolve()
  while (seen.at(-1)?.[0] === 1) await look()
  expect(seen.at(-1)).toEqual([0, '{"m1":1}'])
  pool?.endOne()
  await closed
  disconnect(worker)
  disconnect(watcher)
})

test('hosts are spread evenly, busy ones too, one a round', async () => {
  const keys = freshKeys()
  const world = new World()
  const workers = [await startWorker(redisUrl, keys, world)]
  const sizes = (): number[] => workers.map(worker => worker.byHost.size).sort((a, b) => a - b)
  await workers[0]?.crew.round()
  expect(sizes()).toEqual([4])
  for (const pool of workers[0]?.pools ?? []) pool.startOne('m1')
  workers.push(await startWorker(redisUrl, keys, world), await startWorker(redisUrl, keys, world))
  for (let round = 0; round < 4; round += 1) {
    const before = workers[0]?.byHost.size ?? 0
    for (const worker of workers) await worker.crew.round()
    expect(before - (workers[0]?.byHost.size ?? 0)).toBeLessThanOrEqual(1)
    await delay(30)
  }
  expect(sizes()).toEqual([1, 1, 2])
  expect(world.most).toBe(1)
  for (const worker of workers) disconnect(worker)
})

test('hosts of a killed worker are taken over within ten seconds', async () => {
  const keys = freshKeys()
  const world = new World()
  const killed = await startWorker(redisUrl, keys, world)
  const living = await startWorker(redisUrl, keys, world)
  await killed.crew.round()
  await living.crew.round()
  await killed.crew.round()
  expect(killed.byHost.size).toBeGreaterThan(1)
  const killedMs = performance.now()
  disconnect(killed)
  const beats = setInterval(() => void living.crew.round(), leases.renewMs)
  await expect.poll(() => living.byHost.size, { timeout: 10_000, interval: 50 }).toBe(hostIds.length)
  expect(performance.now() - killedMs).toBeLessThan(8_500)
  clearInterval(beats)
  disconnect(living)
})

test('what runs on a host whose lease another worker has by now is stopped at once, and nothing is started', async () => {
  const keys = freshKeys()
  const world = new World()
  const frozen = await startWorker(redisUrl, keys, world, ['h1'])
  await frozen.crew.round()
  const pool = frozen.byHost.get('h1')
  pool?.startOne('m1')
  await expect.poll(() => pool?.used).toBe(1)
  await frozen.redis.set(keys.lease('h1'), 'w_other')
  await frozen.crew.round()
  expect(pool).toMatchObject({ used: 0, stopping: true })
  expect(frozen.crew.holds('h1')).toBe(false)
  await expect.poll(() => pool?.ended).toBe(true)
  expect(await frozen.redis.get(keys.lease('h1'))).toBe('w_other')
  disconnect(frozen)
})

test('a lease that was not renewed in time is not believed, though nobody took it', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const keys = freshKeys()
  const worker = await startWorker(redisUrl, keys, new World(), ['h1'])
  await worker.crew.round()
  expect(worker.crew.holds('h1')).toBe(true)
  vi.advanceTimersByTime(leases.leaseMs)
  expect(worker.crew.holds('h1')).toBe(false)
  await worker.crew.round()
  expect(worker.crew.holds('h1')).toBe(true)
  vi.useRealTimers()
  disconnect(worker)
})
