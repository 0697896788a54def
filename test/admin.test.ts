import { Redis } from 'ioredis'
import { once } from 'node:events'
import { describe, expect, inject, test } from 'vitest'
import { drainHost } from '../cli/src/admin/drain.ts'
import { chat } from './support/chat.ts'
import { expectRefusal } from './support/refusal.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

const call = (stack: Stack, method: string, path: string, options: { body?: unknown; headers?: object } = {}) =>
  fetch(`${stack.adminUrl}/admin/${path}`, {
    method,
    headers: { ...(options.body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  })

const json = async (response: Promise<Response>): Promise<Record<string, unknown>> =>
  (await (await response).json()) as Record<string, unknown>

const setStrategy = (stack: Stack, strategy: unknown) => call(stack, 'PATCH', 'settings', { body: { strategy } })

test('the fleet is told: hosts with what they serve, hosts that are not there, the strategy, the queues', async () => {
  await using stack = await startStack({ redisUrl, absentHosts: 1, config: { strategy: 'round_robin', slots: 2 } })
  await chat(stack.url)
  const seen = async () => json(call(stack, 'GET', 'fleet'))
  await expect.poll(seen).toMatchObject({
    strategy: 'round_robin',
    configured: 'round_robin',
    hosts: [
      { id: 'h0', up: true, drained: false, slots: 2, running: 0, models: expect.arrayContaining(['llama3.2']) },
      { id: 'h1', up: false, drained: false, models: [], reason: expect.stringMatching(/./) },
    ],
    queues: expect.arrayContaining([
      { model: 'llama3.2', class: 'interactive', waiting: 0 },
      { model: 'llama3.2', class: 'batch', waiting: 0 },
    ]),
  })
})

describe('the strategy', () => {
  test('is changed while drover runs, for every process, and goes back to that of the configuration', async () => {
    await using stack = await startStack({ redisUrl })
    expect(await json(call(stack, 'GET', 'settings'))).toEqual({ strategy: 'least_busy', configured: 'least_busy' })
    await using listener = new AsyncDisposableStack()
    const subscriber = listener.adopt(new Redis(redisUrl), client => client.disconnect())
    await subscriber.subscribe(stack.keys.fleet)
    const told = once(subscriber, 'message')
    expect(await json(setStrategy(stack, 'weighted'))).toEqual({ strategy: 'weighted', configured: 'least_busy' })
    expect(await told).toEqual([stack.keys.fleet, expect.stringMatching(/./)])
    expect(await json(call(stack, 'GET', 'fleet'))).toMatchObject({ strategy: 'weighted' })
    expect((await chat(stack.url)).status).toBe(200)
    expect(await json(setStrategy(stack, null))).toEqual({ strategy: 'least_busy', configured: 'least_busy' })
    expect(await stack.redis.exists(stack.keys.settings)).toBe(0)
  })

  test.each([
    [{ strategy: 'fastest' }, 'strategy'],
    [{ strategy: 1 }, 'strategy'],
    [{}, 'strategy'],
    [{ strtegy: 'weighted' }, 'strtegy'],
    [[], null],
  ])('%o is refused with the field and what would be right', async (body, param) => {
    await using stack = await startStack({ redisUrl })
    await expectRefusal(await call(stack, 'PATCH', 'settings', { body }), 400, 'invalid_request', param)
    expect(await json(call(stack, 'GET', 'settings'))).toMatchObject({ strategy: 'least_busy' })
  })

  test('that another version wrote is passed over', async () => {
    await using stack = await startStack({ redisUrl })
    await stack.redis.hset(stack.keys.settings, 'strategy', 'psychic')
    expect(await json(call(stack, 'GET', 'settings'))).toMatchObject({ strategy: 'least_busy' })
  })
})

describe('draining', () => {
  test('twice is as once, and undraining too', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
    for (let times = 0; times < 2; times += 1)
      expect(await json(call(stack, 'POST', 'hosts/h1/drain'))).toMatchObject({ id: 'h1', drained: true, running: 0 })
    expect(await stack.redis.smembers(stack.keys.drained)).toEqual(['h1'])
    for (let times = 0; times < 2; times += 1)
      expect(await json(call(stack, 'POST', 'hosts/h1/undrain'))).toMatchObject({ id: 'h1', drained: false })
    expect(await stack.redis.exists(stack.keys.drained)).toBe(0)
  })

  test('a host that is not there is refused with those that are', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
    for (const id of ['h7', '__proto__', 'h0%2Fx', 'x'.repeat(90), 'x'.repeat(400)]) {
      const response = await call(stack, 'POST', `hosts/${id}/drain`)
      await expectRefusal(response.clone(), 404, 'host_not_found')
      expect(await response.text()).toContain('there is h0, h1')
    }
    expect(await stack.redis.exists(stack.keys.drained)).toBe(0)
  })

  test('is a command: drover drain HOST', async () => {
    await using stack = await startStack({ redisUrl })
    const lines: string[] = []
    const say = (text: string): void => void lines.push(text)
    const io = { env: {}, cwd: '/', out: say, err: say }
    expect(await drainHost('drain', 'h0', { admin: stack.adminUrl }, io)).toBe(0)
    expect(await drainHost('undrain', 'h0', { admin: stack.adminUrl }, io)).toBe(0)
    expect(await drainHost('drain', 'h2', { admin: stack.adminUrl }, io)).toBe(1)
    expect(lines).toEqual([
      'h0 is drained: nothing runs on it',
      'h0 takes requests',
      "drover: There is no host 'h2' (there is h0; did you mean `h0`?).",
    ])
  })
})

describe('the admin listener', () => {
  const keys = ['an-admin-key-of-32-characters-xx']

  test('with keys asks for one of its own', async () => {
    const server = { keys: ['a-client-key-of-32-characters-xx'] }
    await using stack = await startStack({ redisUrl, config: { admin: { keys }, server } })
    const as = (key: string) => call(stack, 'GET', 'fleet', { headers: { authorization: `Bearer ${key}` } })
    await expectRefusal(await call(stack, 'GET', 'fleet'), 401, 'invalid_api_key')
    await expectRefusal(await as(server.keys[0]!), 401, 'invalid_api_key')
    await expectRefusal(await call(stack, 'POST', 'hosts/h0/drain'), 401, 'invalid_api_key')
    expect((await as(keys[0]!)).status).toBe(200)
    const config = await fetch(`${stack.url}/config`, { headers: { authorization: `Bearer ${server.keys[0]}` } })
    expect(await config.text()).not.toContain(keys[0])
  })

  test('is not reached through the public one, nor the other way round', async () => {
    await using stack = await startStack({ redisUrl })
    await expectRefusal(await fetch(`${stack.url}/admin/fleet`), 404, 'route_not_found')
    await expectRefusal(await fetch(`${stack.adminUrl}/v1/models`), 404, 'route_not_found')
  })

  test('takes nothing from a web page: every site could drain hosts', async () => {
    await using stack = await startStack({ redisUrl })
    const headers = { origin: 'http://evil.example' }
    await expectRefusal(await call(stack, 'POST', 'hosts/h0/drain', { headers }), 400, 'invalid_request', 'origin')
    expect(await stack.redis.exists(stack.keys.drained)).toBe(0)
  })

  test.each([
    ['GET', 'settings/x', 404, 'route_not_found'],
    ['DELETE', 'settings', 405, 'method_not_allowed'],
    ['POST', 'hosts/h0', 404, 'route_not_found'],
  ])('answers %s %s with %i', async (method, path, status, code) => {
    await using stack = await startStack({ redisUrl })
    await expectRefusal(await call(stack, method, path), status, code)
  })
})
