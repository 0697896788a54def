import { createLogger } from '@drover/shared/logger'
import { expect, inject, test } from 'vitest'
import { startWorker } from '../services/worker/src/worker.ts'
import { answer } from './fakes/ollama/tokens.ts'
import { streamChat } from './support/chat.ts'
import { startStack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

test('two workers never give a host more than its slots, and one takes over when the other stops', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 5 }, { tokenMs: 5 }], config: { slots: 3 } })
  const onWedged = (): void => {}
  const logger = createLogger('test', 'silent')
  await using _second = await startWorker({ config: stack.config, redisUrl, logger, onWedged })
  const ask = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, seed) => streamChat(stack.url, { body: { seed, max_tokens: 20 } })))

  const before = ask(40)
  await stack.hosts[0]!.waitFor(() => stack.hosts[0]!.requests.length > 3, 10_000)
  await stack.services.worker[Symbol.asyncDispose]()
  for (const [seed, result] of (await before).entries())
    expect(result).toMatchObject({ text: answer(seed, 20), end: 'length', done: true })
  for (const [seed, result] of (await ask(20)).entries())
    expect(result).toMatchObject({ text: answer(seed, 20), end: 'length', done: true })
  for (const host of stack.hosts) expect(host.inFlightMax).toBeLessThanOrEqual(3)
})

test('workers share the hosts evenly, whichever came first', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{}, {}, {}, {}] })
  const owners = async (): Promise<number[]> => {
    const health = (await (await fetch(`${stack.url}/health`)).json()) as { healthy_endpoints: { worker: string }[] }
    const workers = health.healthy_endpoints.map(host => host.worker)
    return [...new Set(workers)].map(id => workers.filter(worker => worker === id).length).sort((a, b) => a - b)
  }
  expect(await owners()).toEqual([4])
  await using _second = await startWorker({
    config: stack.config,
    redisUrl,
    logger: createLogger('test', 'silent'),
    onWedged: () => {},
  })
  await expect.poll(owners, { timeout: 10_000 }).toEqual([2, 2])
})

test('a worker that stops hands its host over at once: its streams go on, and free slots are used meanwhile', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 10 }],
    config: { slots: 2, server: { drainMs: 20_000 } },
  })
  const [host] = stack.hosts
  await using _second = await startWorker({
    config: stack.config,
    redisUrl,
    logger: createLogger('test', 'silent'),
    onWedged: () => {},
  })
  const long = streamChat(stack.url, { body: { seed: 1, max_tokens: 400 } })
  await host!.waitFor(() => (host!.requests[0]?.tokens ?? 0) > 10, 5_000)
  const stopping = stack.services.worker[Symbol.asyncDispose]()
  // One after the other through the slot that is left; the long one still runs when they are done.
  for (let seed = 2; seed < 12; seed += 1)
    expect(await streamChat(stack.url, { body: { seed, max_tokens: 5 } })).toMatchObject({ text: answer(seed, 5) })
  expect(host!.requests[0]).toMatchObject({ outcome: undefined })
  expect(await long).toMatchObject({ text: answer(1, 400), end: 'length', done: true })
  await stopping
  expect(host!.inFlightMax).toBe(2)
})
