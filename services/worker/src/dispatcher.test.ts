import { createLogger } from '@drover/shared/logger'
import { queues } from '@drover/shared/queues'
import type { HostLoad } from '@drover/shared/scheduling/load'
import type { Job } from 'bullmq'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Dispatcher, type DispatchPool } from './dispatcher.ts'
import { FleetLoads } from './fleet-loads.ts'
import { Lines } from './lines.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const settings = { swapAfterMs: 10_000, backgroundAfterMs: 60_000, batchAfterMs: 600_000 }
const group = queues.group('m')
const own = queues.host('a', 'm')

interface FakePool extends DispatchPool {
  open: boolean
  lost: boolean
  readonly jobs: string[]
  /** Ends a job, or what it is followed by. */
  end(): Promise<string | undefined>
}

/** What waits on the queues, and a dispatcher over it; `tokenMs` says how fast each host is. */
const start = (hosts: Record<string, number>, remote: readonly string[] = []) => {
  const waiting: Record<string, string[]> = {}
  const fetches: string[] = []
  const lost: string[] = []
  let refuses = 0
  let looks = 0
  const take = (queue: string): Job | undefined => {
    const id = waiting[queue]?.shift()
    return id === undefined ? undefined : ({ id, queueName: queue } as Job)
  }
  const dispatcher = new Dispatcher({
    settings,
    logger: createLogger('test', 'silent'),
    lines: new Lines(),
    loads: new FleetLoads([...Object.keys(hosts), ...remote]),
    fetch: async queue => {
      fetches.push(queue)
      if (refuses-- > 0) throw new Error('READONLY')
      return take(queue)
    },
    complete: async (job, _token, fetchNext) => (fetchNext ? take(job.queueName) : undefined),
    look: async asked => {
      looks += 1
      return asked.map(({ queue }) => {
        const jobs = waiting[queue] ?? []
        return { waiting: jobs.length, active: 0, head: jobs[0], headWaitMs: 0, served: false }
      })
    },
    onLost: queue => lost.push(queue),
    onBound: () => {},
  })
  const add = async (queue: string, ...ids: string[]): Promise<void> => {
    ;(waiting[queue] ??= []).push(...ids)
    for (const _ of ids) dispatcher.called(queue)
    await vi.advanceTimersByTimeAsync(0)
  }
  const pools = Object.fromEntries(
    Object.entries(hosts).map(([id, tokenMs]) => [id, fakePool(id, tokenMs, dispatcher)]),
  )
  const hear = (load: HostLoad): void => dispatcher.hear(JSON.stringify([load]))
  return {
    dispatcher,
    pools,
    waiting,
    fetches,
    lost,
    add,
    hear,
    refuse: (times: number) => (refuses = times),
    looks: () => looks,
    jobs: () => Object.fromEntries(Object.entries(pools).map(([id, pool]) => [id, pool.jobs])),
  }
}

const load = (id: string, tokenMs: number, used: number, slots = 2): HostLoad => {
  const speed = { firstTokenMs: tokenMs, tokenMs, tokens: 10, promptCharMs: 0 }
  return { id, open: true, slots, used, groups: { m: { slots, used, loaded: true, speed, loadMs: 1_000 } } }
}

const fakePool = (id: string, tokenMs: number, dispatcher: Dispatcher): FakePool => {
  const used = new Map<string, Job | undefined>()
  let tokens = 0
  const change = (): void => dispatcher.changed(pool)
  const pool: FakePool = {
    host: { id },
    open: true,
    lost: false,
    models: ['m'],
    jobs: [],
    isLost: () => pool.lost,
    warming: undefined,
    mayWarm: false,
    warm: async () => {},
    load: without => ({ ...load(id, tokenMs, used.size - (without === undefined ? 0 : 1)), open: pool.open }),
    slots: {
      reserve: () => {
        tokens += 1
        used.set(`t${tokens}`, undefined)
        change()
        return `t${tokens}`
      },
      release: token => {
        used.delete(token)
        change()
      },
      run: async (job, token) => {
        used.set(token, job)
        pool.jobs.push(job.id ?? '')
      },
    },
    end: async () => {
      const [token = '', job] = [...used][0] ?? []
      const next = job === undefined ? undefined : await dispatcher.complete(pool, job, token)
      if (next === undefined) pool.slots.release(token)
      else await pool.slots.run(next, token)
      return next?.id
    },
  }
  dispatcher.add(pool)
  return pool
}

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
