import { readFleet } from '@drover/shared/fleet'
import { createLogger } from '@drover/shared/logger'
import { expect, inject, test } from 'vitest'
import { startWorker } from '../services/worker/src/worker.ts'
import { chat } from './support/chat.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

const chats = (stack: Stack): number[] =>
  stack.hosts.map(host => host.requests.filter(request => request.path === '/api/chat').length)

const pinned = (hosts: number) => ({
  slots: 1,
  models: [{ name: 'llama3.2', pin: Array.from({ length: hosts }, (_, index) => `h${index}`) }],
})

/** One after the other, so that every host is free each time. */
const askInTurn = async (stack: Stack, times: number, body: object = {}): Promise<void> => {
  for (let sent = 0; sent < times; sent += 1)
    expect((await chat(stack.url, { body: { max_tokens: 8, ...body } })).status).toBe(200)
}

/** Every host has the model in memory, and has run a request: its speed is known. */
const warmUp = async (stack: Stack): Promise<void> => {
  const loaded = async (): Promise<number[]> =>
    (await readFleet(stack.redis, stack.keys)).map(host => host.loaded.length)
  await expect.poll(loaded, { timeout: 10_000 }).toEqual(stack.hosts.map(() => 1))
  await Promise.all(stack.hosts.map(() => chat(stack.url, { body: { max_tokens: 8 } })))
  expect(chats(stack)).toEqual(stack.hosts.map(() => 1))
}

test('of several free hosts the fastest takes it', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 40 }, { tokenMs: 5 }, { tokenMs: 20 }],
    config: pinned(3),
  })
  await warmUp(stack)
  await askInTurn(stack, 10)
  expect(chats(stack)).toEqual([1, 11, 1])
})

test('two workers on two hosts: the fastest free host takes it though the other worker hears first', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 30 }, { tokenMs: 5 }], config: pinned(2) })
  const logger = createLogger('test', 'silent')
  const onWedged = (): void => {}
  await using _second = await startWorker({ config: stack.config, redisUrl, logger, onWedged })
  const owners = async (): Promise<string[]> => {
    const health = (await (await fetch(`${stack.url}/health`)).json()) as { healthy_endpoints: { worker: string }[] }
    return health.healthy_endpoints.map(host => host.worker)
  }
  await expect.poll(async () => new Set(await owners()).size, { timeout: 10_000 }).toBe(2)
  await warmUp(stack)
  await askInTurn(stack, 20)
  // A load that is heard late may cost one or two.
  expect(chats(stack)[1]).toBeGreaterThanOrEqual(19)
})

test('an idle host with nothing in memory loads the model that jobs wait for', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 5 }, { tokenMs: 5, loadMs: 300 }],
    config: { slots: 1 },
  })
  // Of the same speed as far as anybody knows: the first by its id.
  await askInTurn(stack, 1)
  expect(chats(stack)).toEqual([1, 0])
  await Promise.all(Array.from({ length: 40 }, () => chat(stack.url, { body: { max_tokens: 20 } })))
  // No job waited for the load, and all others were shared.
  expect(stack.hosts[1]!.controls).toHaveLength(1)
  expect(chats(stack)[1]).toBeGreaterThan(10)
})

test('a job of a loaded model goes before a swap', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['ma', 'mb'], tokenMs: 5, loadMs: 300 }],
    config: { slots: 1, queue: { swapAfterMs: 60_000 } },
  })
  const [host] = stack.hosts
  await askInTurn(stack, 1, { model: 'ma' })
  const running = chat(stack.url, { body: { model: 'ma', max_tokens: 60 } })
  await host!.waitFor(() => host!.running === 1, 5_000)
  const swapped = chat(stack.url, { body: { model: 'mb', max_tokens: 8 } })
  const others = Array.from({ length: 5 }, () => chat(stack.url, { body: { model: 'ma', max_tokens: 8 } }))
  for (const result of await Promise.all([running, ...others, swapped])) expect(result.status).toBe(200)
  expect(host!.requests.map(request => request.model)).toEqual([
    ...Array.from({ length: 7 }, () => 'ma:latest'),
    'mb:latest',
  ])
  expect(host!.loads).toBe(2)
})
