import { createLogger } from '@drover/shared/logger'
import { queues } from '@drover/shared/queues'
import type { HostLoad } from '@drover/shared/scheduling/load'
import type { Job } from 'bullmq'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Dispatcher, type DispatcherDeps, type DispatchPool } from './dispatcher.ts'
import { FleetLoads } from './fleet-loads.ts'
import { Lines } from './lines.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const own = queues.host('a', 'm')

const load = (used: number, loaded = true): HostLoad => ({
  id: 'a',
  open: true,
  slots: 1,
  used,
  room: loaded ? 0 : 1,
  groups: { m: { slots: 1, used, loaded, loadMs: 1_000 } },
})

const start = (over: Partial<DispatcherDeps>): Dispatcher =>
  new Dispatcher({
    settings: { swapAfterMs: 10_000, backgroundAfterMs: 60_000, batchAfterMs: 600_000 },
    logger: createLogger('test', 'silent'),
    lines: new Lines(),
    loads: new FleetLoads(['a', 'other']),
    fetch: async () => undefined,
    complete: async () => undefined,
    look: async () => [],
    onLost: () => {},
    onBound: () => {},
    ...over,
  })

/** Queues in memory, and a host of one slot. */
const rig = () => {
  const waiting = new Map<string, { id: string; atMs: number }[]>()
  const ran: string[] = []
  const used = new Map<string, Job | undefined>()
  let tokens = 0
  const take = (queue: string): Job | undefined => {
    const job = waiting.get(queue)?.shift()
    return job && ({ id: job.id, queueName: queue } as Job)
  }
  const dispatcher = start({
    fetch: async queue => take(queue),
    complete: async (job, _token, fetchNext) => (fetchNext ? take(job.queueName) : undefined),
    look: async asked =>
      asked.map(({ queue }) => {
        const [head] = waiting.get(queue) ?? []
        const headWaitMs = head === undefined ? 0 : performance.now() - head.atMs
        const count = waiting.get(queue)?.length ?? 0
        return { waiting: count, active: 0, head: head?.id, headWaitMs, served: queue === own }
      }),
  })
  const change = (): void => dispatcher.changed(pool)
  const pool: DispatchPool = {
    host: { id: 'a' },
    open: true,
    models: ['m'],
    isLost: () => false,
    warming: undefined,
    mayWarm: false,
    warm: async () => {},
    load: without => load(used.size - (without === undefined ? 0 : 1)),
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
        ran.push(job.id ?? '')
      },
    },
  }
  dispatcher.add(pool)
  const add = (queue: string, id: string): void => {
    waiting.set(queue, [...(waiting.get(queue) ?? []), { id, atMs: performance.now() }])
    dispatcher.called(queue)
  }
  const endOne = async (): Promise<void> => {
    const [token = '', job] = [...used][0] ?? []
    const next = job === undefined ? undefined : await dispatcher.complete(pool, job, token)
    if (next === undefined) pool.slots.release(token)
    else void pool.slots.run(next, token)
  }
  return { dispatcher, add, endOne, ran }
}

test.each([
  ['interactive', 20],
  ['background', 70],
] as const)('a %s job of the group has its turn though jobs bound to the host never end', async (jobClass, withinS) => {
  const { dispatcher, add, endOne, ran } = rig()
  for (const id of ['o1', 'o2', 'o3']) add(own, id)
  add(queues.group('m', jobClass), 'g')
  for (let second = 0; second < withinS && !ran.includes('g'); second += 1) {
    add(own, `more${second}`)
    await vi.advanceTimersByTimeAsync(1_000)
    if (second % 2 === 0) void dispatcher.look()
    await vi.advanceTimersByTimeAsync(0)
    await endOne()
    await vi.advanceTimersByTimeAsync(0)
  }
  dispatcher[Symbol.dispose]()
  expect(ran).toContain('g')
})

test('a pool that will not load a model after all is asked once', async () => {
  const warm = vi.fn<() => Promise<void>>().mockResolvedValue()
  const look: DispatcherDeps['look'] = async asked =>
    asked.map(({ queue }) => {
      const waiting = queue === queues.group('m') ? 1 : 0
      return { waiting, active: 0, head: 'j', headWaitMs: 0, served: false }
    })
  const dispatcher = start({ look })
  // Full, and has it.
  dispatcher.hear(JSON.stringify([{ ...load(1), id: 'other' }]))
  dispatcher.add({
    host: { id: 'a' },
    open: true,
    models: ['m'],
    isLost: () => false,
    warming: undefined,
    mayWarm: true,
    warm,
    load: () => ({ ...load(0, false), groups: { m: { slots: 1, used: 0, loaded: false, loadMs: 1e9 } } }),
    slots: { reserve: () => 't', release: () => {}, run: async () => {} },
  })
  await vi.advanceTimersByTimeAsync(0)
  dispatcher[Symbol.dispose]()
  expect(warm).toHaveBeenCalledOnce()
})
