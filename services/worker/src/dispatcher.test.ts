import { queues } from '@drover/shared/queues'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { group, load, own, start } from './dispatcher-rig.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('jobs go to free slots, the fastest host first, and none is fetched that nothing can run', async () => {
  const { add, jobs, fetches } = start({ a: 12, b: 10 })
  await add(group, '1', '2', '3', '4', '5', '6')
  expect(jobs()).toEqual({ a: ['3', '4'], b: ['1', '2'] })
  expect(fetches).toHaveLength(4)
})

test('a job that ends is followed by the next of its queue in the same round trip', async () => {
  const { add, pools, fetches } = start({ a: 10 })
  await add(group, '1', '2', '3')
  expect(await pools['a']!.end()).toBe('3')
  expect(await pools['a']!.end()).toBeUndefined()
  expect(fetches).toHaveLength(2)
})

test("a host's own queue comes first, also when a job of the group has just ended", async () => {
  const { add, pools, jobs } = start({ a: 10 })
  await add(group, '1', '2', '3')
  await add(own, 'own')
  expect(await pools['a']!.end()).toBeUndefined()
  await vi.advanceTimersByTimeAsync(0)
  expect(jobs()).toEqual({ a: ['1', '2', 'own'] })
})

test('a call for a job that is gone costs one fetch, and its slot is free again', async () => {
  const { add, dispatcher, fetches, jobs } = start({ a: 10 })
  dispatcher.called(group)
  await vi.advanceTimersByTimeAsync(0)
  expect(fetches).toHaveLength(1)
  await add(group, '1', '2')
  expect(jobs()).toEqual({ a: ['1', '2'] })
})

test('a job whose call was lost is found by the next look', async () => {
  const { dispatcher, waiting, jobs } = start({ a: 10 })
  waiting[group] = ['1']
  await dispatcher.look()
  await vi.advanceTimersByTimeAsync(0)
  expect(jobs()).toEqual({ a: ['1'] })
})

test('a host that is closed gets nothing, and takes what waits when it opens', async () => {
  const { add, dispatcher, pools, jobs } = start({ a: 10 })
  const pool = pools['a']!
  pool.open = false
  dispatcher.changed(pool)
  await add(group, '1')
  expect(jobs()).toEqual({ a: [] })
  pool.open = true
  dispatcher.changed(pool)
  await vi.advanceTimersByTimeAsync(0)
  expect(jobs()).toEqual({ a: ['1'] })
})

test('what waits on the own queue of a host that is lost is sent away', async () => {
  const { add, pools, lost } = start({ a: 10 })
  pools['a']!.open = false
  pools['a']!.lost = true
  await add(own, '1')
  expect(new Set(lost)).toEqual(new Set([own]))
})

test('a Redis that refuses is asked again after a moment, once', async () => {
  const { add, refuse, fetches, jobs } = start({ a: 10 })
  refuse(2)
  await add(group, '1', '2', '3')
  expect(fetches).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(600)
  expect(jobs()).toEqual({ a: ['1', '2'] })
})

test("the job that another process's host ends sooner is left to it, and the next one is taken", async () => {
  const { add, hear, jobs, waiting } = start({ a: 50 }, ['r'])
  hear(load('r', 40, 1))
  await add(group, '1', '2')
  expect(jobs()).toEqual({ a: ['1'] })
  expect(waiting[group]).toEqual(['2'])
})

test('a job that another process does not take is taken after all', async () => {
  const { add, hear, jobs, looks } = start({ a: 50 }, ['r'])
  hear(load('r', 1, 0))
  await add(group, '1')
  for (let ms = 0; ms < 1_000; ms += 50) {
    await vi.advanceTimersByTimeAsync(50)
    hear(load('r', 1, 0))
  }
  expect(jobs()).toEqual({ a: ['1'] })
  expect(looks()).toBeLessThan(30)
})

test('a host that was given up gets nothing more', async () => {
  const { add, dispatcher, pools, jobs } = start({ a: 10 })
  dispatcher.remove('a')
  dispatcher.changed(pools['a']!)
  await add(group, '1')
  expect(jobs()).toEqual({ a: [] })
})

test.each([
  ['interactive', 20],
  ['background', 70],
] as const)('a %s job of the group has its turn though jobs bound to the host never end', async (jobClass, withinS) => {
  const { dispatcher, pools, add, jobs } = start({ a: 100 })
  await add(own, 'o1', 'o2', 'o3', 'o4')
  await add(queues.group('m', jobClass), 'g')
  for (let second = 0; second < withinS && !jobs()['a']?.includes('g'); second += 1) {
    await add(own, `left${second}`, `right${second}`)
    await vi.advanceTimersByTimeAsync(1_000)
    if (second % 2 === 0) await dispatcher.look()
    await Promise.all([pools['a']?.end(), pools['a']?.end()])
  }
  expect(jobs()['a']).toContain('g')
})

test('a pool that will not load a model after all is asked once', async () => {
  const { pools, dispatcher, waiting, hear } = start({ a: 100 }, ['b'])
  const warm = vi.fn<() => Promise<void>>().mockResolvedValue()
  const { groups, ...host } = load('a', 100, 0)
  const cold = { ...groups['m']!, loaded: false, loadMs: 1e9 }
  Object.assign(pools['a']!, { mayWarm: true, warm, load: () => ({ ...host, room: 1, groups: { m: cold } }) })
  dispatcher.changed(pools['a']!)
  // Full, and has it.
  hear(load('b', 100, 2))
  await vi.advanceTimersByTimeAsync(0)
  waiting[group] = ['1']
  await dispatcher.look()
  dispatcher[Symbol.dispose]()
  expect(warm).toHaveBeenCalledOnce()
})
