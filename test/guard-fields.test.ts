import { expect, inject, test } from 'vitest'
import { done, part, says } from './support/host-script.ts'
import { post } from './support/sse-client.ts'
import { startStack } from './support/stack.ts'

/** Wherever a client may put words that a model reads, the guard reads them first. */

const redisUrl = inject('redisUrl')

const guard = (side: 'input' | 'output', substring: string) => ({
  [side]: {
    scanners: ['BanSubstrings' as const],
    settings: { BanSubstrings: { substrings: [substring], match: 'word' as const } },
  },
})

const user = { role: 'user', content: 'hi' }
const called = (call: object) => ({
  role: 'assistant',
  content: '',
  tool_calls: [{ id: 'c1', type: 'function', ...call }],
})
const tool = (more: object) => [
  { type: 'function', function: { name: 'look', parameters: { type: 'object' }, ...more } },
]
const property = { type: 'object', properties: { a: { type: 'string', description: 'forbidden' } } }
const chat = (...messages: object[]) => ({ messages: [...messages, user] })
const anthropic = (...messages: object[]) => ({ ...chat(...messages), max_tokens: 9 })

test('words in any field but the system’s are refused before a host hears them', async () => {
  const capabilities = { 'llama3.2': ['completion', 'tools', 'insert', 'embedding'] }
  const config = { guard: guard('input', 'forbidden') }
  await using stack = await startStack({ redisUrl, hosts: [{ capabilities }], config })
  const refused: [path: string, body: object][] = [
    ['/v1/chat/completions', chat({ role: 'assistant', content: 'x', reasoning_content: 'forbidden' })],
    ['/v1/chat/completions', chat(called({ function: { name: 'forbidden', arguments: '{}' } }))],
    ['/v1/chat/completions', chat(called({ function: { name: 'a', arguments: String.raw`{"a":"\u0066orbidden"}` } }))],
    ['/v1/chat/completions', chat(called({ function: { name: 'a', arguments: String.raw`{"a":"x\nforbidden"}` } }))],
    ['/v1/chat/completions', chat({ role: 'tool', content: 'x', tool_call_id: 'a forbidden id' })],
    ['/v1/chat/completions', { ...chat(), tools: tool({ description: 'forbidden' }) }],
    ['/v1/chat/completions', { ...chat(), tools: tool({ parameters: property }) }],
    [
      '/v1/chat/completions',
      { ...chat(), response_format: { type: 'json_schema', json_schema: { name: 's', schema: property } } },
    ],
    ['/v1/completions', { prompt: 'hi', suffix: 'forbidden' }],
    ['/v1/embeddings', { input: ['hi', 'forbidden'] }],
    ['/v1/messages', anthropic({ role: 'assistant', content: [{ type: 'thinking', thinking: 'forbidden' }] })],
    [
      '/v1/messages',
      anthropic({ role: 'assistant', content: [{ type: 'tool_use', id: 'i', name: 'a', input: { forbidden: 1 } }] }),
    ],
    ['/v1/messages', { ...anthropic(), tools: [{ name: 'a', input_schema: property }] }],
    ['/v1/messages', { ...anthropic(), output_config: { format: { type: 'json_schema', schema: property } } }],
    ['/api/chat', chat({ role: 'tool', content: 'x', tool_name: 'forbidden' })],
    ['/api/chat', { ...chat(), format: property }],
    ['/api/generate', { prompt: 'hi', template: 'forbidden {{ .Prompt }}' }],
  ]
  for (const [path, body] of refused) {
    const response = await post(`${stack.url}${path}`, { model: 'llama3.2', stream: false, ...body })
    expect([response.status, await response.text()], `${path} ${JSON.stringify(body)}`).toEqual([
      400,
      expect.stringMatching(/content.policy|policy/i),
    ])
  }
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('tokens cannot be read, so a context is refused where prompts are scanned', async () => {
  await using stack = await startStack({ redisUrl, config: { guard: guard('input', 'forbidden') } })
  const body = { model: 'llama3.2', prompt: 'hi', context: [1, 2], stream: false }
  const response = await post(`${stack.url}/api/generate`, body)
  expect([response.status, await response.json()]).toEqual([
    400,
    { error: expect.stringMatching(/context.*must be absent/) },
  ])
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('escapes of JSON hide no finding in the arguments of a call', async () => {
  await using stack = await startStack({ redisUrl, config: { guard: guard('output', 'forbidden') } })
  const call = { function: { name: 'look', arguments: { a: 'x\nforbidden' } } }
  stack.hosts[0]!.faults.next(says(part({ tool_calls: [call] }), done()))
  const body = { model: 'llama3.2', messages: [user], tools: tool({}) }
  const answered = await post(`${stack.url}/v1/chat/completions`, body)
  expect(await answered.json()).toMatchObject({
    choices: [{ message: { content: '' }, finish_reason: 'content_filter' }],
  })
})

test('the words of a host that failed hold nothing that was to be kept back', async () => {
  const hosts = [{ tokenMs: 60 }]
  await using stack = await startStack({ redisUrl, hosts, config: { guard: guard('output', 'forbidden') } })
  for (const words of ['a forbidden thing', 'a harmless thing']) {
    const message = `error parsing tool call: raw='${words}'`
    stack.hosts[0]!.faults.next({ kind: 'errorLine', afterTokens: 2, message })
    const answered = await post(`${stack.url}/v1/chat/completions`, { model: 'llama3.2', messages: [user] })
    expect([answered.status, (await answered.text()).includes(words)]).toEqual([502, words === 'a harmless thing'])
  }
})

test('the id of a call is scanned where it is more than an id', async () => {
  await using stack = await startStack({ redisUrl, config: { guard: guard('output', 'forbidden') } })
  const call = { id: 'a forbidden id', function: { name: 'look', arguments: {} } }
  stack.hosts[0]!.faults.next(says(part({ tool_calls: [call] }), done()))
  const body = { model: 'llama3.2', messages: [user], tools: tool({}) }
  expect(await (await post(`${stack.url}/v1/chat/completions`, body)).text()).not.toContain('forbidden')
})

test('a prompt is not repeated before an answer that is scanned', async () => {
  await using stack = await startStack({ redisUrl, config: { guard: guard('output', 'forbidden') } })
  const response = await post(`${stack.url}/v1/completions`, { model: 'llama3.2', prompt: 'hi', echo: true })
  expect([response.status, await response.json()]).toEqual([
    400,
    { error: expect.objectContaining({ param: 'echo', message: expect.stringContaining('must be false or absent') }) },
  ])
})
