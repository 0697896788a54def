import { createHash } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { startChaosProxy } from '../support/chaos-proxy.ts'
import { jsonOf, sentence, type Line } from '../support/ndjson.ts'
import { post } from '../support/sse-client.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** A fleet as one Ollama: what it has, and what it leaves to its operator. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

const get = async (stack: Stack, path: string): Promise<Line[]> => {
  const [status, body] = await jsonOf(fetch(`${stack.url}${path}`))
  expect(status).toBe(200)
  return (body as { models: Line[] }).models
}

const show = (stack: Stack, body: object): Promise<[number, unknown]> => jsonOf(post(`${stack.url}/api/show`, body))

test('151. /api/tags has every model of every host once, with its tag, as a host describes it', async () => {
  const models = [
    { name: 'llama3.2', aliases: ['gpt-4o'] },
    { name: 'nobody:1b', hosts: ['h1'] },
  ]
  await using stack = await startStack({
    redisUrl,
    config: { models },
    hosts: [{ models: ['llama3.2', 'qwen3:0.6b'] }, { models: ['llama3.2', 'nomic-embed-text'] }],
  })
  const tags = (): Promise<Line[]> => get(stack, '/api/tags')
  const names = ['gpt-4o:latest', 'llama3.2:latest', 'nobody:1b', 'nomic-embed-text:latest', 'qwen3:0.6b']
  await expect.poll(async () => (await tags()).filter(model => 'capabilities' in model).length).toBe(4)
  const listed = await tags()
  expect(listed.map(({ name }) => name)).toEqual(names)
  const digestOf = (name: string): string => createHash('sha256').update(name).digest('hex')
  const described = (name: string, capabilities: string[]): object => ({
    name,
    model: name,
    modified_at: '2026-01-02T03:04:05.123456789Z',
    size: 2_019_393_189,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    details: expect.objectContaining({ format: 'gguf', family: 'llama', parameter_size: '3.2B' }),
    capabilities,
  })
  const chats = ['completion', 'tools', 'thinking']
  expect(listed[0]).toEqual({ ...described('gpt-4o:latest', chats), digest: digestOf('llama3.2') })
  expect(listed[1]).toEqual({ ...described('llama3.2:latest', chats), digest: digestOf('llama3.2') })
  expect(listed[2]).toEqual({
    name: 'nobody:1b',
    model: 'nobody:1b',
    modified_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    size: 0,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    details: expect.objectContaining({ families: [] }),
  })
  expect(listed[3]).toEqual(described('nomic-embed-text:latest', ['embedding']))
  expect(await tags()).toEqual(listed)
})

test('151. /api/ps has every model in memory once, by public name, for as long as the longest host keeps it', async () => {
  const models = [
    {
      name: 'big',
      hosts: [
        { id: 'h0', model: 'llama3.2' },
        { id: 'h1', model: 'llama3.2' },
      ],
    },
  ]
  await using stack = await startStack({
    redisUrl,
    config: { models },
    hosts: [{ models: ['llama3.2', 'qwen3:0.6b'], maxLoadedModels: 2 }, { models: ['llama3.2'] }],
    hostConfig: [{ models: ['qwen3:0.6b'] }, { models: [] }],
  })
  expect(await get(stack, '/api/ps')).toEqual([])
  const load = (host: number, body: object): Promise<unknown> =>
    post(`${stack.hosts[host]!.url}/api/generate`, body).then(response => response.json())
  await load(0, { model: 'qwen3:0.6b' })
  await load(0, { model: 'llama3.2', keep_alive: 60 })
  await load(1, { model: 'llama3.2', keep_alive: 3_600 })
  const untilMs = Date.now() + 3_600_000
  const ps = (): Promise<Line[]> => get(stack, '/api/ps')
  const expiresInMs = async (): Promise<number> => {
    const big = (await ps()).find(({ name }) => name === 'big:latest')
    return Date.parse(String(big?.['expires_at'])) - untilMs
  }
  await expect.poll(expiresInMs, { timeout: 5_000 }).toBeGreaterThan(-60_000)
  await expect.poll(async () => (await ps()).map(({ name }) => name)).toEqual(['big:latest', 'qwen3:0.6b'])
  const [big] = await ps()
  expect(big).toEqual({
    name: 'big:latest',
    model: 'big:latest',
    size: 2_019_393_189,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    details: expect.objectContaining({ family: 'llama' }),
    // What every version of Python's `datetime.fromisoformat` reads.
    expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/),
    size_vram: 2_019_393_189,
    context_length: expect.any(Number),
  })
  await stack.hosts[1]!.setDown(true)
  await expect.poll(expiresInMs, { timeout: 5_000 }).toBeLessThan(-3_000_000)
})

test('151. /api/version is three numbers, and HEAD comes with GET', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ version: '0.33.0-rc2' }, { version: 'v0.9.12' }] })
  expect(await jsonOf(fetch(`${stack.url}/api/version`))).toEqual([200, { version: '0.9.12' }])
  const root = await fetch(stack.url)
  expect([root.status, await root.text()]).toEqual([200, 'Ollama is running'])
  for (const path of ['/', '/api/version', '/api/tags']) {
    const head = await fetch(`${stack.url}${path}`, { method: 'HEAD' })
    expect([path, head.status, await head.text()]).toEqual([path, 200, ''])
  }
})

test('151. a wrong method is 405 and says which are right', async () => {
  await using stack = await startStack({ redisUrl })
  const wrong: [string, string, RegExp][] = [
    ['GET', '/api/chat', /^POST$/],
    ['GET', '/api/show', /^POST$/],
    ['DELETE', '/api/generate', /^POST$/],
    ['POST', '/api/tags', /^GET, HEAD$|^HEAD, GET$/],
    ['POST', '/api/delete', /^DELETE$/],
    ['GET', '/api/blobs/sha256:00', /^POST, HEAD$/],
  ]
  for (const [method, path, allow] of wrong) {
    const response = await fetch(`${stack.url}${path}`, { method })
    expect([path, response.status]).toEqual([path, 405])
    expect(response.headers.get('allow')).toMatch(allow)
    expect(await response.json()).toEqual(sentence())
  }
})

test('152. /api/show says of a model what a host says of it, under any of its names', async () => {
  const models = [{ name: 'big', aliases: ['gpt-4o'], hosts: [{ id: 'h0', model: 'llama3.2' }] }]
  await using stack = await startStack({ redisUrl, config: { models } })
  const described = expect.objectContaining({
    modelfile: 'FROM llama3.2:latest\n',
    template: '{{ .Prompt }}',
    details: expect.objectContaining({ family: 'llama' }),
    model_info: expect.objectContaining({ 'llama.context_length': 131_072 }),
    capabilities: ['completion', 'tools', 'thinking'],
    modified_at: expect.any(String),
  })
  await expect.poll(() => show(stack, { model: 'big' }), { timeout: 5_000 }).toEqual([200, described])
  for (const body of [
    { name: 'big' },
    { model: 'BIG:latest', verbose: true },
    { model: '', name: 'gpt-4o' },
    { model: 'llama3.2' },
  ])
    expect(await show(stack, body)).toEqual([200, described])
})

test('152. an unknown model is 404, and none is 400', async () => {
  await using stack = await startStack({ redisUrl })
  expect(await show(stack, { model: 'nope' })).toEqual([404, sentence(/odel 'nope' not found/)])
  for (const body of [{}, { model: '' }, { model: null }])
    expect(await show(stack, body)).toEqual([400, sentence(/model is required/)])
  expect(await show(stack, { model: 7 })).toEqual([400, sentence(/model/)])
  expect(await show(stack, ['llama3.2'])).toEqual([400, sentence()])
})

test('152. a model whose host was never reached is known, and described by nobody', async () => {
  const models = [{ name: 'far', hosts: ['h1'] }]
  await using stack = await startStack({ redisUrl, config: { models }, absentHosts: 1 })
  expect(await show(stack, { model: 'far' })).toEqual([
    200,
    {
      license: '',
      modelfile: '',
      parameters: '',
      template: '',
      details: expect.any(Object),
      model_info: {},
      modified_at: expect.any(String),
    },
  ])
})

test('158. what would change the models is refused with the reason, and reaches no host', async () => {
  await using stack = await startStack({ redisUrl, config: { clients: { unload: true } } })
  const routes: [string, string][] = [
    ['POST', '/api/pull'],
    ['POST', '/api/push'],
    ['POST', '/api/create'],
    ['POST', '/api/copy'],
    ['DELETE', '/api/delete'],
    ['POST', '/api/blobs/sha256:00'],
    ['POST', '/api/me'],
    ['POST', '/api/signout'],
    ['DELETE', '/api/user/keys/a'],
  ]
  for (const [method, path] of routes) {
    const response = fetch(`${stack.url}${path}`, { method, body: JSON.stringify({ model: 'llama3.2', stream: true }) })
    expect([path, await jsonOf(response)]).toEqual([path, [403, sentence(/operator/)]])
    expect((await response).headers.get('x-should-retry')).toBe('false')
  }
  expect((await fetch(`${stack.url}/api/blobs/sha256:00`, { method: 'HEAD' })).status).toBe(403)
  const blob = new Uint8Array(1024)
  expect(
    (await post(`${stack.url}/api/blobs/sha256:00`, blob, { headers: { 'content-type': 'application/octet-stream' } }))
      .status,
  ).toBe(403)
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('145. with Redis away, what needs it is 503 in the same envelope', async () => {
  await using proxy = await startChaosProxy(redisUrl)
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['llama3.2', 'nomic-embed-text'] }],
    redisUrlOf: { api: proxy.url },
    config: { clients: { unload: true } },
  })
  proxy.blackhole(true)
  const model = 'llama3.2'
  const asked = [
    fetch(`${stack.url}/api/ps`),
    post(`${stack.url}/api/show`, { model }),
    post(`${stack.url}/api/chat`, { model, messages: [{ role: 'user', content: 'hi' }] }),
    post(`${stack.url}/api/embed`, { model: 'nomic-embed-text', input: 'hi' }),
    post(`${stack.url}/api/generate`, { model, keep_alive: 0 }),
  ]
  for (const response of asked) {
    expect(await jsonOf(response)).toEqual([503, sentence()])
    expect(Number((await response).headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect((await get(stack, '/api/tags')).map(({ name }) => name)).toEqual([
    'llama3.2:latest',
    'nomic-embed-text:latest',
  ])
  proxy.blackhole(false)
})
