import { describe, expect, test } from 'vitest'
import type { Hold, Need, SchedulerOptions } from './scheduler.ts'
import { Scheduler } from './scheduler.ts'

const create = (options: Partial<SchedulerOptions> = {}): Scheduler =>
  new Scheduler({ parallel: 1, maxQueue: 512, maxLoadedModels: 1, loadMs: 0, onChange: () => {}, ...options })

const need = (model: string, more: Partial<Need> = {}): Need => ({
  model,
  weights: model,
  contextLength: 4_096,
  launch: '',
  keepAliveMs: undefined,
  ...more,
})

const forever = new AbortController().signal

const hold = async (scheduler: Scheduler, wanted: Need, signal = forever): Promise<Hold> => {
  const held = await scheduler.hold(wanted, signal)
  if (held === 'busy') throw new Error('busy')
  return held
}

/** What has happened so far, once everything that can run has run. */
const settled = async <T>(promise: Promise<T>): Promise<T | 'waiting'> => {
  await new Promise(setImmediate)
  return Promise.race([promise, Promise.resolve('waiting' as const)])
}

describe('scheduler', () => {
  test('slots go in order of arrival and are never exceeded', async () => {
    using scheduler = create({ parallel: 3 })
    let done = 0
    const order: number[] = []
    const work = async (index: number): Promise<void> => {
      using held = await hold(scheduler, need('a'))
      using _slot = await held.slot(forever)
      order.push(index)
      expect(scheduler.running).toBeLessThanOrEqual(3)
      await new Promise(setImmediate)
      done++
    }
    await Promise.all(Array.from({ length: 50 }, (_, index) => work(index)))
    expect({ done, running: scheduler.running, max: scheduler.runningMax }).toEqual({ done: 50, running: 0, max: 3 })
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(scheduler.loads).toBe(1)
  })

  test('slots are counted for each model by itself', async () => {
    using scheduler = create({ parallel: 2, maxLoadedModels: 2 })
    const slots: Disposable[] = []
    for (const model of ['a', 'a', 'b']) {
      const held = await hold(scheduler, need(model))
      slots.push(await held.slot(forever))
    }
    expect(await settled((await hold(scheduler, need('a'))).slot(forever))).toBe('waiting')
    expect([scheduler.runningMaxOf('a'), scheduler.runningMaxOf('b'), scheduler.runningMaxOf('c')]).toEqual([2, 1, 0])
    expect([scheduler.running, scheduler.runningMax]).toEqual([3, 3])
    for (const slot of slots) slot[Symbol.dispose]()
  })

  test('a waiter that leaves gives its place up', async () => {
    using scheduler = create()
    using held = await hold(scheduler, need('a'))
    const first = await held.slot(forever)
    const leaver = new AbortController()
    const left = held.slot(leaver.signal)
    const second = held.slot(forever)
    leaver.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    expect(await settled(second)).toBe('waiting')
    first[Symbol.dispose]()
    ;(await second)[Symbol.dispose]()
    expect(scheduler.running).toBe(0)
  })

  test('a swap waits for the running requests, and requests for the loaded model still get in', async () => {
    using scheduler = create({ parallel: 2 })
    const first = await hold(scheduler, need('a'))
    const other = hold(scheduler, need('b'))
    expect(await settled(other)).toBe('waiting')
    const late = await hold(scheduler, need('a'))
    first[Symbol.dispose]()
    expect(await settled(other)).toBe('waiting')
    late[Symbol.dispose]()
    using _other = await other
    expect(scheduler.loaded().map(model => model.name)).toEqual(['b'])
    expect(scheduler.loads).toBe(2)
  })

  test('an idle model is evicted before a busy one', async () => {
    using scheduler = create({ maxLoadedModels: 2 })
    using _busy = await hold(scheduler, need('a', { keepAliveMs: 1_000 }))
    ;(await hold(scheduler, need('b', { keepAliveMs: 60_000 })))[Symbol.dispose]()
    using _third = await hold(scheduler, need('c'))
    expect(scheduler.loaded().map(model => model.name)).toEqual(['c', 'a'])
  })

  test('requests that need a load are refused when too many of them wait', async () => {
    using scheduler = create({ maxQueue: 2 })
    const busy = await hold(scheduler, need('a'))
    // One is being served by the loader; two fill the queue.
    const waiting = ['b', 'c', 'd'].map(model => hold(scheduler, need(model)))
    await settled(waiting[0]!)
    expect(await scheduler.hold(need('e'), forever)).toBe('busy')
    ;(await hold(scheduler, need('a')))[Symbol.dispose]()
    busy[Symbol.dispose]()
    for (const held of waiting) (await held)[Symbol.dispose]()
    expect(scheduler.loads).toBe(4)
  })

  test('a client that leaves aborts the load it caused, and the next one loads again', async () => {
    using scheduler = create({ loadMs: 60_000 })
    const leaver = new AbortController()
    const owner = scheduler.hold(need('a'), leaver.signal)
    const next = new AbortController()
    const follower = scheduler.hold(need('a'), next.signal)
    expect(await settled(owner)).toBe('waiting')
    leaver.abort()
    await expect(owner).rejects.toThrow('abort')
    expect(await settled(follower)).toBe('waiting')
    expect(scheduler.loads).toBe(0)
    expect(scheduler.loaded().length).toBe(1)
    next.abort()
    await expect(follower).rejects.toThrow('abort')
    expect(scheduler.loaded().length).toBe(0)
  })

  test('other settings force a reload; the same weights under another name do not', async () => {
    using scheduler = create()
    ;(await hold(scheduler, need('llama3.2')))[Symbol.dispose]()
    ;(await hold(scheduler, need('mine', { weights: 'llama3.2' })))[Symbol.dispose]()
    expect(scheduler.loads).toBe(1)
    ;(await hold(scheduler, need('llama3.2', { contextLength: 8_192 })))[Symbol.dispose]()
    expect(scheduler.loads).toBe(2)
    expect(scheduler.loaded().map(model => model.contextLength)).toEqual([8_192])
    ;(await hold(scheduler, need('llama3.2', { contextLength: 8_192, launch: 'x' })))[Symbol.dispose]()
    expect(scheduler.loads).toBe(3)
  })

  test('keep_alive 0 unloads after the request, and unload waits for running ones', async () => {
    using scheduler = create()
    ;(await hold(scheduler, need('a', { keepAliveMs: 0 })))[Symbol.dispose]()
    expect(scheduler.loaded()).toEqual([])
    const held = await hold(scheduler, need('a', { keepAliveMs: Infinity }))
    scheduler.unload('a')
    expect(scheduler.loaded().length).toBe(1)
    held[Symbol.dispose]()
    expect(scheduler.loaded()).toEqual([])
  })
})
