import { readCatalogues, readMemory } from '@drover/shared/catalogue'
import { configSchema } from '@drover/shared/config/schema'
import type { StreamEvent } from '@drover/shared/events'
import { readHost } from '@drover/shared/fleet'
import type { ModelRequest } from '@drover/shared/requests'
import { describe, expect, inject, test } from 'vitest'
import { startFakeOllama } from './fakes/ollama/server.ts'
import { answer, embedding } from './fakes/ollama/tokens.ts'
import { startStack } from './support/stack.ts'
import { OllamaHost } from '../services/worker/src/hosts/ollama.ts'

const redisUrl = inject('redisUrl')

const open = (url: string): OllamaHost => {
  const config = configSchema.parse({ hosts: [{ id: 'h', url }] })
  return new OllamaHost(config.hosts[0]!, config.upstream)
}
const soon = (): AbortSignal => AbortSignal.timeout(5_000)
const ask = async (host: OllamaHost, model: string, request: ModelRequest): Promise<StreamEvent[]> =>
  (await Array.fromAsync(host.run(model, request, {}, soon()))).flat()
const textOf = (events: readonly StreamEvent[]): string =>
  events.map(event => (event.type === 'text' ? event.text : '')).join('')
const user = (content: string) => [{ role: 'user' as const, content }]
const bodies = (fake: { requests: readonly { body: string }[] }): unknown[] =>
  fake.requests.map(({ body }) => JSON.parse(body) as unknown)

test('a prompt without roles is answered, and its end has the context to go on from', async () => {
  await using fake = await startFakeOllama()
  await using host = open(fake.url)
  const request: ModelRequest = {
    kind: 'generate',
    prompt: 'x',
    contextJson: '[7]',
    options: { seed: '4', num_predict: '6' },
  }
  const events = await ask(host, 'llama3.2', request)
  expect(textOf(events)).toBe(answer(4, 6))
  expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'length', contextJson: '[7,1,2,3]' })
  expect(fake.requests.map(({ path }) => path)).toEqual(['/api/generate'])
})

test('weights of tokens are told, all of them', async () => {
  await using fake = await startFakeOllama()
  await using host = open(fake.url)
  const request: ModelRequest = {
    kind: 'chat',
    messages: user('x'),
    think: true,
    topLogprobs: 2,
    options: { seed: '4', num_predict: '3' },
  }
  const events = await ask(host, 'llama3.2', request)
  const weights = events.flatMap(event => (event.type === 'text' ? (event.logprobs ?? []) : []))
  const thought = events.map(event => (event.type === 'reasoning' ? event.text : '')).join('')
  expect(weights.map(({ token }) => token).join('')).toBe(thought + answer(4, 3))
  expect(weights.every(({ top, bytes }) => top.length === 2 && bytes !== undefined)).toBe(true)
})

test('many inputs are embedded in slices, in their order, and their costs are summed', async () => {
  await using fake = await startFakeOllama({ models: ['nomic-embed'] })
  await using host = open(fake.url)
  const inputs = Array.from({ length: 70 }, (_, index) => `input number ${index}`)
  const events = await ask(host, 'nomic-embed', { kind: 'embed', inputs, dimensions: 8, options: {} })
  expect(events.map(({ type }) => type)).toEqual(['embeddings', 'embeddings', 'embeddings', 'end'])
  const vectors = events.flatMap(event => (event.type === 'embeddings' ? event.vectors : []))
  const floats = vectors.map(vector => {
    const bytes = Buffer.from(vector, 'base64')
    return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))
  })
  expect(floats).toEqual(inputs.map(input => embedding(input, 8).map(Math.fround)))
  expect(events.at(-1)).toMatchObject({ reason: 'stop', usage: { promptTokens: 210, completionTokens: 0 } })
  expect(fake.requests.map(({ tokens }) => tokens)).toEqual([32, 32, 6])
})

test('embedding stops between two slices when nobody wants it any more', async () => {
  await using fake = await startFakeOllama({ models: ['nomic-embed'] })
  await using host = open(fake.url)
  const stop = new AbortController()
  const inputs = Array.from({ length: 96 }, () => 'a')
  const running = (async () => {
    for await (const _ of host.run('nomic-embed', { kind: 'embed', inputs, options: {} }, {}, stop.signal))
      stop.abort(new Error('over'))
  })()
  await expect(running).rejects.toThrow('over')
  expect(fake.requests).toHaveLength(1)
})

test('a load says that it loaded, also of a model that only embeds, and unloads what is not to be kept', async () => {
  await using fake = await startFakeOllama({ models: ['llama3.2', 'nomic-embed'], maxLoadedModels: 2 })
  await using host = open(fake.url)
  const loaded = async (): Promise<string[]> => (await host.probe(soon())).loaded.map(({ name }) => name).sort()
  for (const model of ['llama3.2', 'nomic-embed']) {
    const events = await ask(host, model, { kind: 'load', options: { num_ctx: '2048' }, keepAliveS: 60 })
    expect(events).toMatchObject([{ type: 'end', reason: 'load' }])
  }
  expect(await loaded()).toEqual(['llama3.2:latest', 'nomic-embed:latest'])
  await host.load('nomic-embed', {}, soon(), 0)
  expect(await loaded()).toEqual(['llama3.2:latest'])
})

describe('a call that is demanded', () => {
  const parameters = {
    type: 'object',
    properties: { city: { type: 'string' }, n: { type: 'integer', minimum: 3 } },
    required: ['city', 'n'],
  }
  const toolsJson = JSON.stringify(
    ['weather', 'other'].map(name => ({ type: 'function', function: { name, parameters } })),
  )
  const request = (content: string, part: Partial<Extract<ModelRequest, { kind: 'chat' }>>): ModelRequest => ({
    kind: 'chat',
    messages: user(content),
    toolsJson,
    options: { seed: '5' },
    ...part,
  })

  test.each([
    ['of a named tool', { toolChoice: { name: 'other' } }, 'other'],
    ['of any tool', { toolChoice: 'required' }, 'weather'],
  ] as const)('%s is made, after what was thought about it', async (_name, part, name) => {
    await using fake = await startFakeOllama()
    await using host = open(fake.url)
    const events = await ask(host, 'llama3.2', request('hi', { ...part, think: true }))
    const call = events.find(event => event.type === 'tool_calls')?.calls[0]
    expect(call).toMatchObject({ name })
    expect(JSON.parse(call!.arguments)).toEqual({ city: expect.any(String), n: expect.any(Number) })
    expect(events[0]?.type).toBe('reasoning')
    expect(textOf(events)).toBe('')
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'tool_calls' })
    const [body] = bodies(fake)
    expect(body).not.toHaveProperty('tools')
    expect(body).toHaveProperty('format')
  })

  test('and was not made is the text that came in its place', async () => {
    await using fake = await startFakeOllama()
    await using host = open(fake.url)
    const events = await ask(host, 'llama3.2', request('echo: {"city":"Ha', { toolChoice: { name: 'weather' } }))
    expect(textOf(events)).toBe('{"city":"Ha')
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'stop' })
  })
})

describe('what a host refuses is the fault of', () => {
  const chat: ModelRequest = { kind: 'chat', messages: user('x'), options: {} }
  const embed: ModelRequest = { kind: 'embed', inputs: ['a'], options: {} }
  const long: ModelRequest = { ...embed, inputs: ['a b c d e f'], truncate: false, options: { num_ctx: '4' } }
  const tools: ModelRequest = { ...chat, toolsJson: '[{"function":{"name":"f"}}]' }

  test.each<[string, string, ModelRequest, string]>([
    ['the request: an option of the wrong type', 'm', { ...chat, options: { seed: '"x"' } }, 'rejected'],
    ['the request: a format that is none', 'm', { ...chat, formatJson: '"yaml"' }, 'rejected'],
    ['the model: tools it has no use for', 'm', tools, 'unsupported'],
    ['the model: it embeds nothing', 'm', embed, 'unsupported'],
    ['the model: it only embeds', 'e-embed', chat, 'unsupported'],
    ['the request: an input that is too long', 'e-embed', long, 'rejected'],
    ['nobody: the model is gone', 'z', chat, 'model_missing'],
    ['nobody: the model to embed with is gone', 'z', embed, 'model_missing'],
  ])('%s', async (_name, model, request, kind) => {
    await using fake = await startFakeOllama({ models: ['m', 'e-embed'], capabilities: { m: ['completion'] } })
    await using host = open(fake.url)
    await expect(ask(host, model, request)).rejects.toMatchObject({ name: 'HostFailure', kind })
  })

  test.each<[string, Parameters<Awaited<ReturnType<typeof startFakeOllama>>['faults']['next']>[0], string]>([
    ['a crash', { kind: 'status', status: 500, body: '{"error":"model requires more system memory"}' }, 'failed'],
    ['a page of a proxy', { kind: 'status', status: 502, body: '<html>' }, 'failed'],
    ['fewer vectors than inputs', { kind: 'eof', afterTokens: 0 }, 'failed'],
    ['half an answer', { kind: 'halfLine', afterTokens: 1 }, 'failed'],
    ['more than is read', { kind: 'bigLine', bytes: 17 * 1024 * 1024 }, 'failed'],
    ['a reset', { kind: 'reset', afterTokens: 0 }, 'unreachable'],
    ['no room', { kind: 'busy' }, 'busy'],
  ])('the host, when it embeds: %s', async (_name, fault, kind) => {
    await using fake = await startFakeOllama({ models: ['e-embed'] })
    await using host = open(fake.url)
    fake.faults.next(fault)
    await expect(ask(host, 'e-embed', embed)).rejects.toMatchObject({ name: 'HostFailure', kind })
  })

  test('the host, when a line is longer than is read: 5 MB are too long for a chat', async () => {
    await using fake = await startFakeOllama()
    await using host = open(fake.url)
    const big = { kind: 'bigLine', bytes: 5_000_000, afterTokens: 0 } as const
    fake.faults.next(big, big)
    await expect(ask(host, 'llama3.2', chat)).rejects.toMatchObject({ kind: 'failed' })
    const generated = await ask(host, 'llama3.2', { kind: 'generate', prompt: 'x', options: { num_predict: '2' } })
    expect(textOf(generated).length).toBeGreaterThan(5_000_000)
  })
})

test('a host describes its models; one that it has not, it does not', async () => {
  await using fake = await startFakeOllama({ capabilities: { 'llama3.2': ['completion', 'vision'] } })
  await using host = open(fake.url)
  const described = await host.describe('llama3.2', soon())
  expect(described?.capabilities).toEqual(['completion', 'vision'])
  expect(JSON.parse(described!.json)).toHaveProperty('model_info')
  expect(await host.describe('absent', soon())).toBeUndefined()
})

test('the fleet is told what a host has, can do and holds in memory, as it changes', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['llama3.2', 'b-embed'], maxLoadedModels: 2 }],
    config: { models: [{ name: 'public', hosts: [{ id: 'h0', model: 'llama3.2' }] }] },
  })
  const { redis, keys } = stack
  const models = async () => (await readCatalogues(redis, keys, ['h0'])).get('h0') ?? []
  const can = async () => Object.fromEntries((await models()).map(each => [each.model, each.capabilities]))
  const usual = ['completion', 'tools', 'thinking']
  await expect.poll(can, { timeout: 5_000 }).toEqual({ 'llama3.2': usual, public: usual, 'b-embed': ['embedding'] })
  const version = async () => (await readHost(redis, keys, 'h0'))?.catalogue
  const before = await version()
  expect(before).toEqual(expect.any(String))
  expect(Object.keys(await redis.hgetall(keys.show('h0'))).sort()).toEqual(['b-embed', 'llama3.2', 'public'])
  expect((await readMemory(redis, keys, ['h0'])).get('h0')).toEqual([])

  stack.hosts[0]!.setModels(['llama3.2'])
  await expect.poll(can, { timeout: 5_000 }).toEqual({ 'llama3.2': usual, public: usual })
  await expect.poll(version, { timeout: 5_000 }).not.toBe(before)
  expect(Object.keys(await redis.hgetall(keys.show('h0'))).sort()).toEqual(['llama3.2', 'public'])

  const body = JSON.stringify({ model: 'public', messages: user('hi'), options: { num_predict: 1 }, stream: false })
  expect((await fetch(`${stack.url}/api/chat`, { method: 'POST', body })).status).toBe(200)
  const memory = async () => (await readMemory(redis, keys, ['h0'])).get('h0')?.map(({ model }) => model)
  await expect.poll(memory, { timeout: 5_000 }).toEqual(['llama3.2', 'public'])
})

test('what Redis has lost of a catalogue is told anew', async () => {
  await using stack = await startStack({ redisUrl })
  const { redis, keys } = stack
  const described = () => redis.hexists(keys.show('h0'), 'llama3.2')
  await expect.poll(described, { timeout: 5_000 }).toBe(1)
  const before = (await readHost(redis, keys, 'h0'))?.catalogue
  await redis.del(keys.catalogue, keys.memory, keys.show('h0'))
  await expect.poll(described, { timeout: 5_000 }).toBe(1)
  expect(await redis.hexists(keys.catalogue, 'h0')).toBe(1)
  await expect.poll(async () => (await readHost(redis, keys, 'h0'))?.catalogue, { timeout: 5_000 }).not.toBe(before)
})

test('a model is unloaded where it is in memory, and stays where it is pinned', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{}, {}],
    config: { models: [{ name: 'llama3.2', pin: ['h1'] }] },
  })
  const loaded = async (index: number): Promise<string[]> => {
    await using host = open(stack.hosts[index]!.url)
    return (await host.probe(soon())).loaded.map(({ name }) => name)
  }
  await expect.poll(() => loaded(1), { timeout: 5_000 }).toEqual(['llama3.2:latest'])
  await using first = open(stack.hosts[0]!.url)
  await first.load('llama3.2', {}, soon())
  const seen = async () => (await readMemory(stack.redis, stack.keys, ['h0'])).get('h0')?.length
  await expect.poll(seen, { timeout: 5_000 }).toBe(1)
  await stack.redis.publish(stack.keys.control, 'unload llama3.2')
  await expect.poll(() => loaded(0), { timeout: 5_000 }).toEqual([])
  expect(await loaded(1)).toEqual(['llama3.2:latest'])
  expect(stack.hosts[1]!.controls.some(({ body }) => body.includes('"keep_alive":0'))).toBe(false)
})
