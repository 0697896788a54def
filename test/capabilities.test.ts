import { readHost } from '@drover/shared/fleet'
import { expect, inject, test } from 'vitest'
import { expectRefusal, traces } from './support/refusal.ts'
import { ask, post, postChat } from './support/sse-client.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]
/** One pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const withImage = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'hi' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
    ],
  },
]

const models = ['plain', 'able', 'embed-small']
const capabilities = {
  plain: ['completion'],
  able: ['completion', 'tools', 'vision', 'thinking', 'insert'],
  'embed-small': ['embedding'],
}

/** A fleet of which the api knows what its models can do. */
const start = async (hosts = [{ models, capabilities }]): Promise<Stack> => {
  const stack = await startStack({ redisUrl, hosts })
  const told = async (): Promise<number> => {
    const lists = await stack.redis.hvals(stack.keys.catalogue)
    return lists.filter(json => json.includes('"capabilities"')).length
  }
  await expect.poll(told, { timeout: 5_000 }).toBe(hosts.length)
  // The api has heard of it when it refuses what the host has not been asked.
  const asked = (): number => stack.hosts.reduce((sum, host) => sum + host.requests.length, 0)
  const refuses = async (): Promise<boolean> => {
    const before = asked()
    const response = await post(`${stack.url}/v1/chat/completions`, ask('hi', { model: 'embed-small' }))
    return response.status === 400 && asked() === before
  }
  await expect.poll(refuses, { timeout: 5_000 }).toBe(true)
  return stack
}

test('what a model cannot do is refused before any queue, in words of the client', async () => {
  await using stack = await start()
  const before = stack.hosts[0]!.requests.length
  const left = await traces(stack)
  for (const [path, body, words, field] of [
    ['/v1/chat/completions', ask('hi', { model: 'plain', tools }), /plain.*tools/, 'tools'],
    ['/v1/chat/completions', { model: 'plain', messages: withImage }, /plain.*images/, 'messages'],
    ['/v1/chat/completions', ask('hi', { model: 'embed-small' }), /embed-small.*chat/, 'model'],
    ['/v1/completions', { model: 'embed-small', prompt: 'hi' }, /embed-small.*completions/, 'model'],
    ['/v1/completions', { model: 'plain', prompt: 'hi', suffix: 'ho' }, /plain.*suffix/, 'suffix'],
    ['/v1/embeddings', { model: 'plain', input: 'hi' }, /plain.*embeddings/, 'model'],
  ] as const) {
    const response = await post(`${stack.url}${path}`, body)
    const { error } = (await response.clone().json()) as { error: { message: string } }
    await expectRefusal(response, 400, 'model_unsupported', field)
    expect(error.message, path).toMatch(words)
    expect(response.headers.get('x-should-retry')).toBe('false')
  }
  const native = await post(`${stack.url}/api/chat`, ask('hi', { model: 'plain', tools }))
  expect([native.status, await native.json()]).toEqual([400, { error: expect.stringMatching(/plain.*tools/) }])
  expect(stack.hosts[0]!.requests).toHaveLength(before)
  expect(await traces(stack)).toBe(left)
})

test('what it can do is done', async () => {
  await using stack = await start()
  for (const body of [
    ask('hi', { model: 'able', tools }),
    { model: 'able', messages: withImage },
    ask('hi', { model: 'able', reasoning_effort: 'high' }),
    ask('hi', { model: 'plain' }),
  ]) {
    const response = await postChat(stack.url, body)
    expect([response.status, response.headers.get('x-drover-adjusted')]).toEqual([200, null])
  }
})

test('a wish for thoughts is dropped where the model has none, and the answer says so', async () => {
  await using stack = await start()
  const response = await postChat(stack.url, ask('hi', { model: 'plain', reasoning_effort: 'high' }))
  expect([response.status, response.headers.get('x-drover-adjusted')]).toEqual([200, 'think'])
  expect(JSON.parse(stack.hosts[0]!.requests.at(-1)!.body)).not.toHaveProperty('think')
  const without = await postChat(stack.url, ask('hi', { model: 'plain', reasoning_effort: 'none' }))
  expect([without.status, without.headers.get('x-drover-adjusted')]).toEqual([200, null])
})

test('while one host that takes jobs can, it is done there, and the others keep their good name', async () => {
  const poor = { models, capabilities }
  const rich = { models, capabilities: { ...capabilities, plain: ['completion', 'tools'] } }
  await using stack = await start([poor, poor, poor, poor, poor, rich])
  const results = await Promise.all(
    Array.from({ length: 8 }, () => postChat(stack.url, ask('hi', { model: 'plain', tools }))),
  )
  expect(results.map(({ status }) => status)).toEqual(results.map(() => 200))
  expect(new Set(results.map(({ headers }) => headers.get('x-drover-host')))).toEqual(new Set(['h5']))
  const hosts = await Promise.all(['h0', 'h5'].map(id => readHost(stack.redis, stack.keys, id)))
  expect(hosts.map(host => host?.up)).toEqual([true, true])
})
