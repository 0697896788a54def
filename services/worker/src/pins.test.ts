import type { ModelRequest } from '@drover/shared/requests'
import { createLogger } from '@drover/shared/logger'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pins, type PinView } from './pins.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => vi.useRealTimers())

const models = [
  { name: 'Chat:latest', pin: ['h1', 'h2'] },
  { name: 'other', pin: ['h1'] },
  { name: 'elsewhere', pin: ['h2'] },
  { name: 'free', pin: [] },
]

const start = () => {
  const loads: { name: string; signal: AbortSignal; done: PromiseWithResolvers<void> }[] = []
  let told = 0
  const pins = new Pins({
    hostId: 'h1',
    models,
    logger: createLogger('test', 'silent'),
    load: (_group, name, signal) => {
      const done = Promise.withResolvers<void>()
      loads.push({ name, signal, done })
      return done.promise
    },
    onLoaded: () => (told += 1),
  })
  const view = (part: Partial<PinView> = {}): PinView => ({
    idle: true,
    loaded: [],
    modelOf: group => `${group}:latest`,
    ...part,
  })
  return { pins, loads, view, told: () => told }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('what is pinned is loaded, one at a time, and nothing else', async () => {
  const { pins, loads, view, told } = start()
  pins.keep(view())
  pins.keep(view())
  expect(loads.map(({ name }) => name)).toEqual(['chat:latest'])
  loads[0]?.done.resolve()
  await turn()
  expect(told()).toBe(1)
  pins.keep(view({ loaded: ['chat:latest'] }))
  expect(loads.map(({ name }) => name)).toEqual(['chat:latest', 'other:latest'])
  loads[1]?.done.resolve()
  await turn()
  vi.advanceTimersByTime(10_000)
  pins.keep(view({ loaded: ['other:latest', 'chat:latest'] }))
  expect(loads).toHaveLength(2)
})

test('nothing is loaded into a host that runs something, or that has not got the model', () => {
  const { pins, loads, view } = start()
  pins.keep(view({ idle: false }))
  pins.keep(view({ modelOf: () => undefined }))
  expect(loads).toEqual([])
})

test('what was evicted is loaded again, at once when it had stayed, and ever more rarely when it never stays', async () => {
  const { pins, loads, view } = start()
  const load = async (): Promise<boolean> => {
    const before = loads.length
    pins.keep(view({ modelOf: group => (group === 'chat' ? 'chat' : undefined) }))
    loads.at(-1)?.done.resolve()
    await turn()
    return loads.length > before
  }
  expect(await load()).toBe(true)
  vi.advanceTimersByTime(6_000)
  pins.keep(view({ loaded: ['chat:latest', 'other:latest'] }))
  expect(await load()).toBe(true)
  expect(await load()).toBe(false)
  vi.advanceTimersByTime(5_001)
  expect(await load()).toBe(true)
  vi.advanceTimersByTime(5_001)
  expect(await load()).toBe(false)
  vi.advanceTimersByTime(5_001)
  expect(await load()).toBe(true)
})

test('a load that fails is tried again later and later, and says so', async () => {
  const { pins, loads, view } = start()
  let tries = 0
  for (let second = 0; second < 3_600; second += 1) {
    pins.keep(view({ modelOf: group => (group === 'chat' ? 'chat' : undefined) }))
    if (loads.length > tries) {
      tries = loads.length
      loads.at(-1)?.done.reject(new Error('no memory'))
      await turn()
    }
    vi.advanceTimersByTime(1_000)
  }
  expect(tries).toBeGreaterThan(10)
  expect(tries).toBeLessThan(20)
})

test('a load ends with the pool', () => {
  const { pins, loads, view } = start()
  pins.keep(view())
  pins[Symbol.dispose]()
  expect(loads[0]?.signal.aborted).toBe(true)
  pins.keep(view())
  expect(loads).toHaveLength(1)
})

test('a request for a pinned model lets it stay, whatever the client asks', () => {
  const { pins } = start()
  const request: ModelRequest = {
    kind: 'chat',
    messages: [{ role: 'user', content: 'hi' }],
    options: {},
    keepAliveS: 0,
  }
  expect(pins.asSent('chat', request)).toEqual({
    kind: 'chat',
    messages: [{ role: 'user', content: 'hi' }],
    options: {},
    keepAliveS: -1,
  })
  expect(pins.asSent('free', request)).toBe(request)
  expect(pins.asSent('elsewhere', request)).toBe(request)
})
