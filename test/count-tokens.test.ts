import { expect, inject, test } from 'vitest'
import { askMessage, expectAnthropicRefusal, weather } from './support/anthropic.ts'
import { post } from './support/sse-client.ts'
import { startStack, type Stack } from './support/stack.ts'

/** `POST /v1/messages/count_tokens`. */

const redisUrl = inject('redisUrl')

const count = (stack: Stack, body: object): Promise<Response> => post(`${stack.url}/v1/messages/count_tokens`, body)
const { max_tokens: _, ...hi } = askMessage('hi') as { max_tokens: number }

test('a count of tokens is an estimate that says so; everything that a model reads counts, and no host is asked', async () => {
  const hosts = [{ capabilities: { 'llama3.2': ['completion', 'tools', 'vision'] } }]
  await using stack = await startStack({ redisUrl, hosts })
  const tokens = async (body: object): Promise<number> => {
    const response = await count(stack, body)
    expect(response.status).toBe(200)
    expect(response.headers.get('x-drover-estimated')).toBe('input_tokens')
    const answered = (await response.json()) as { input_tokens: number }
    expect(Object.keys(answered)).toEqual(['input_tokens'])
    return answered.input_tokens
  }
  const plain = await tokens(hi)
  expect(plain).toBeGreaterThan(0)
  expect(plain).toBeLessThan(10)
  expect(await tokens({ ...hi, system: 'be brief' })).toBeGreaterThan(plain)
  expect(await tokens({ ...hi, tools: [weather] })).toBeGreaterThan(plain + 10)
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }
  expect(await tokens({ ...hi, messages: [{ role: 'user', content: [image] }] })).toBeGreaterThan(500)
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('a count is refused where the message would be', async () => {
  await using stack = await startStack({ redisUrl })
  await expectAnthropicRefusal(await count(stack, { ...hi, model: 'nope' }), 404, 'not_found_error', /nope/)
  await expectAnthropicRefusal(await count(stack, { ...hi, messages: [] }), 400, 'invalid_request_error', /messages/)
})

test('while 7 MB without a space are counted, others go on being answered', async () => {
  await using stack = await startStack({ redisUrl })
  await count(stack, hi)
  const counting = count(stack, { ...hi, messages: [{ role: 'user', content: '你好世界'.repeat(580_000) }] })
  const startedAt = performance.now()
  expect((await fetch(`${stack.url}/health`)).status).toBe(200)
  expect(performance.now() - startedAt).toBeLessThan(1_000)
  const response = await counting
  expect(response.status).toBe(200)
  expect(performance.now() - startedAt).toBeLessThan(4_000)
})
