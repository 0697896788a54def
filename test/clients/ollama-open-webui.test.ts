import { expect, inject, test } from 'vitest'
import { jsonOf, readLines, sentence, type Line } from '../support/ndjson.ts'
import { post } from '../support/sse-client.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** What Open WebUI asks of an Ollama connection, as it asks it. It is too heavy to run here. */

const redisUrl = inject('redisUrl')

const start = (): Promise<Stack> =>
  startStack({
    redisUrl,
    hosts: [{ models: ['llama3.2', 'nomic-embed-text'], maxLoadedModels: 2 }],
    config: { clients: { unload: true } },
  })

const get = async (stack: Stack, path: string): Promise<Line> => {
  const [status, body] = await jsonOf(fetch(`${stack.url}${path}`))
  expect(status).toBe(200)
  return body as Line
}

const user = { 'X-OpenWebUI-User-Name': 'Ada', 'X-OpenWebUI-User-Id': 'u1', 'X-OpenWebUI-User-Role': 'user' }

const ask = (stack: Stack, path: string, body: object): Promise<Response> =>
  post(`${stack.url}${path}`, body, { headers: user })

test('it knows a model by its name with the tag, and appends :latest to those without one', async () => {
  await using stack = await start()
  const { version } = await get(stack, '/api/version')
  for (const part of String(version).split('.')) expect(part).toMatch(/^\d+$/)
  const { models } = (await get(stack, '/api/tags')) as { models: Line[] }
  expect(models.map(({ model }) => model)).toEqual(['llama3.2:latest', 'nomic-embed-text:latest'])
  const messages = [{ role: 'user', content: 'hi' }]
  const body = { model: 'llama3.2:latest', messages, stream: true, options: {}, keep_alive: '5m' }
  const all = await readLines(await ask(stack, '/api/chat', body))
  expect(all.at(-1)).toMatchObject({ done: true, done_reason: 'stop' })
  expect((await jsonOf(ask(stack, '/api/show', { model: 'llama3.2:latest' })))[0]).toBe(200)
})

test('it shows what is loaded until when, and unloads it', async () => {
  await using stack = await start()
  const model = 'llama3.2:latest'
  expect((await jsonOf(ask(stack, '/api/generate', { model, prompt: 'hi', stream: false })))[0]).toBe(200)
  const loaded = async (): Promise<Line[]> => ((await get(stack, '/api/ps')) as { models: Line[] }).models
  await expect.poll(async () => (await loaded()).map(each => each['model']), { timeout: 5_000 }).toEqual([model])
  const [{ expires_at: expiresAt } = {}] = await loaded()
  expect(new Date(String(expiresAt)).getTime()).toBeGreaterThan(Date.now())
  const unload = { model, keep_alive: 0, prompt: '' }
  expect(await jsonOf(ask(stack, '/api/generate', unload))).toEqual([200, expect.objectContaining({ done: true })])
  await expect.poll(loaded, { timeout: 5_000 }).toEqual([])
})

test('it embeds, both ways', async () => {
  await using stack = await start()
  const model = 'nomic-embed-text'
  const [, body] = await jsonOf(ask(stack, '/api/embed', { model, input: ['a', 'b'], truncate: true }))
  expect((body as { embeddings: unknown[] }).embeddings).toHaveLength(2)
  const [, legacy] = await jsonOf(ask(stack, '/api/embeddings', { model, prompt: 'a' }))
  expect((legacy as { embedding: unknown[] }).embedding).toHaveLength(64)
})

test('it speaks OpenAI to the same server', async () => {
  await using stack = await start()
  const model = 'llama3.2:latest'
  const messages = [{ role: 'user', content: 'hi' }]
  const chat = await ask(stack, '/v1/chat/completions', { model, messages, stream: false })
  expect(await chat.json()).toMatchObject({ object: 'chat.completion' })
  expect((await fetch(`${stack.url}/v1/models`)).status).toBe(200)
})

test('its model management is refused with a sentence it can show', async () => {
  await using stack = await start()
  const model = 'llama3.2'
  for (const path of ['/api/pull', '/api/push', '/api/create', '/api/copy'])
    expect(await jsonOf(ask(stack, path, { model }))).toEqual([403, sentence(/operator/)])
  const remove = fetch(`${stack.url}/api/delete`, { method: 'DELETE', body: JSON.stringify({ model }), headers: user })
  expect(await jsonOf(remove)).toEqual([403, sentence(/operator/)])
  const head = await fetch(`${stack.url}/api/blobs/sha256:${'0'.repeat(64)}`, { method: 'HEAD' })
  expect(head.status).toBe(403)
})
