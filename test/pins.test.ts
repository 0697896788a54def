import { expect, inject, test } from 'vitest'
import { chat } from './support/chat.ts'
import { startStack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

test('a pinned model is loaded ahead of requests, is not loaded again for them, and stays though a client sends it away', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ loadMs: 50, models: ['llama3.2', 'other'] }],
    config: { models: [{ name: 'llama3.2', pin: ['h0'], options: { num_ctx: 2_048 } }] },
  })
  const [host] = stack.hosts
  await expect.poll(() => host!.loads, { timeout: 5_000 }).toBe(1)
  for (const options of [{}, { num_ctx: 512 }, { num_ctx: 100_000, num_gpu: 1 }]) {
    const response = await fetch(`${stack.url}/api/chat`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'llama3.2',
        messages: [{ role: 'user', content: 'hi' }],
        stream: false,
        keep_alive: 0,
        options: { ...options, num_predict: 2 },
      }),
    })
    expect(response.status).toBe(200)
    await response.text()
  }
  expect(host!.loads).toBe(1)
  const sent = host!.requests.map(({ body }) => JSON.parse(body) as unknown)
  for (const body of sent.slice(-3)) expect(body).toMatchObject({ keep_alive: -1, options: { num_ctx: 2_048 } })
})

test('a pinned model that had to make room is loaded again when its host is idle', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ loadMs: 20, maxLoadedModels: 1, models: ['llama3.2', 'other'] }],
    config: { models: [{ name: 'llama3.2', pin: ['h0'] }] },
  })
  const [host] = stack.hosts
  const loaded = async (): Promise<string[]> => {
    const ps = (await (await fetch(`${host!.url}/api/ps`)).json()) as { models: { name: string }[] }
    return ps.models.map(({ name }) => name)
  }
  await expect.poll(loaded, { timeout: 5_000 }).toEqual(['llama3.2:latest'])
  expect(await chat(stack.url, { body: { model: 'other', max_tokens: 2 } })).toMatchObject({ status: 200 })
  await expect.poll(loaded, { timeout: 10_000 }).toEqual(['llama3.2:latest'])
})
