import { describe, expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { done, part, says } from '../support/host-script.ts'
import { ask, contentOf, postChat } from '../support/sse-client.ts'
import { startStack } from '../support/stack.ts'
import { finishes, openaiClient, stream, user } from '../support/streaming.ts'

/** The form of a stream of /v1/chat/completions. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

const tools = ['weather', 'time'].map(name => ({
  type: 'function' as const,
  function: { name, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}))

test('50. the first chunk has the role; every chunk is a chat.completion.chunk of one id, created and model', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
  const { chunks } = await stream(stack, 'hi')
  expect(chunks[0]!.choices).toEqual([
    { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null },
  ])
  const heads = chunks.map(({ id, object, created, model }) => JSON.stringify({ id, object, created, model }))
  expect(new Set(heads).size).toBe(1)
  expect(chunks[0]).toMatchObject({
    id: expect.stringMatching(/^chatcmpl-\w+$/),
    object: 'chat.completion.chunk',
    model: 'llama3.2',
  })
  expect(Number.isInteger(chunks[0]!.created)).toBe(true)
  expect(chunks.slice(1).some(chunk => chunk.choices.some(({ delta }) => 'role' in delta))).toBe(false)
})

test('51. one chunk has the finish_reason and an empty delta, then comes [DONE], and nothing after it', async () => {
  await using stack = await startStack({ redisUrl })
  const { chunks, data } = await stream(stack, 'hi', { max_tokens: 4 })
  expect(finishes(chunks)).toEqual([chunks.at(-1)])
  expect(chunks.at(-1)!.choices).toEqual([{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }])
  expect(data.indexOf('[DONE]')).toBe(data.length - 1)
})

test('52. include_usage: every chunk has usage null, the last one no choices and the usage; without it no chunk has the key', async () => {
  await using stack = await startStack({ redisUrl })
  const { chunks, data } = await stream(stack, 'one two', { max_tokens: 4, stream_options: { include_usage: true } })
  expect(chunks.slice(0, -1).every(chunk => chunk.usage === null)).toBe(true)
  expect(chunks.at(-1)).toMatchObject({
    choices: [],
    usage: { prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 },
  })
  expect(chunks.at(-1)!.id).toBe(chunks[0]!.id)
  expect(finishes(chunks)).toEqual([chunks.at(-2)])
  expect(data.at(-1)).toBe('[DONE]')
  for (const options of [{}, { stream_options: null }, { stream_options: { include_usage: false } }]) {
    const plain = await stream(stack, 'one two', options)
    expect(plain.chunks.filter(chunk => 'usage' in chunk)).toEqual([])
  }
})

test('53. stream_options without stream is ignored', async () => {
  await using stack = await startStack({ redisUrl })
  const response = await postChat(stack.url, ask('hi', { stream_options: { include_usage: true } }))
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ object: 'chat.completion', usage: { total_tokens: 33 } })
})

test('54. the deltas together are the text of the answer that is not streamed', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 1 }, {}] })
  for (const seed of [1, 2, 3]) {
    const { chunks } = await stream(stack, 'hi', { seed, max_tokens: 60 })
    const whole = (await (await postChat(stack.url, ask('hi', { seed, max_tokens: 60 }))).json()) as {
      choices: { message: { content: string } }[]
    }
    expect(contentOf(chunks)).toBe(whole.choices[0]!.message.content)
    expect(contentOf(chunks)).toBe(answer(seed, 60))
  }
})

test('55. characters that the host sends byte by byte arrive whole, each data line valid JSON', async () => {
  await using stack = await startStack({ redisUrl })
  const text = '羊🐑が川を渡る 👩‍🌾 🇯🇵 đường café 다리 الطريق 😀'
  stack.hosts[0]!.faults.next({ kind: 'splitBytes' })
  const { chunks, data } = await stream(stack, `echo: ${text}`)
  expect(contentOf(chunks)).toBe(text)
  expect(data.join('')).not.toContain('\ufffd')
})

describe('56. content that looks like framing leaves the framing intact', () => {
  const text = 'a\n\nb\r\nc\rd data: [DONE]\n\ndata: {"x":1}\n\n: comment\n\nevent: e\u2028f\u2029g\u0085h\u0000i"\\'

  test('56. in one piece', async () => {
    await using stack = await startStack({ redisUrl })
    stack.hosts[0]!.faults.next(says(part({ content: text }), part({ content: 'data: [DONE]' }), done()))
    const { chunks, data, comments } = await stream(stack, 'hi')
    expect(chunks.map(chunk => chunk.choices[0]!.delta.content)).toEqual(['', text, 'data: [DONE]', undefined])
    expect(comments).toEqual([])
    expect(data).toHaveLength(5)
    // Some line readers break at these, too: JSON carries them escaped.
    expect(data.join('')).not.toMatch(/[\u0085\u2028\u2029]/)
  })

  test('56. in small pieces, as the SDK reads them', async () => {
    await using stack = await startStack({ redisUrl })
    let read = ''
    const request = { model: 'llama3.2', messages: user(`echo: ${text}`), stream: true } as const
    for await (const chunk of await openaiClient(stack).chat.completions.create(request))
      read += chunk.choices[0]!.delta.content ?? ''
    expect(read).toBe(text)
  })
})

describe('57. tool calls in a stream', () => {
  const calls = [
    { id: 'call_a', function: { name: 'weather', arguments: { city: 'Hà Nội', n: 1 } } },
    { id: 'call_b', function: { name: 'time', arguments: {} } },
  ]

  test('57. identity first, then arguments that parse; two calls have indexes 0 and 1', async () => {
    await using stack = await startStack({ redisUrl })
    stack.hosts[0]!.faults.next(says(part({ tool_calls: [calls[0]] }), part({ tool_calls: [calls[1]] }), done()))
    const { chunks } = await stream(stack, 'hi', { tools })
    const deltas = chunks.flatMap(chunk => chunk.choices[0]?.delta.tool_calls ?? [])
    expect([...new Set(deltas.map(({ index }) => index))]).toEqual([0, 1])
    for (const [index, call] of calls.entries()) {
      const [first, ...rest] = deltas.filter(delta => delta.index === index)
      expect(first).toEqual({
        index,
        id: call.id,
        type: 'function',
        function: { name: call.function.name, arguments: '' },
      })
      expect(rest.every(delta => !('id' in delta) && !('type' in delta) && !('name' in delta.function))).toBe(true)
      expect(JSON.parse(rest.map(delta => delta.function.arguments).join(''))).toEqual(call.function.arguments)
    }
    expect(chunks.at(-1)!.choices[0]).toEqual({ index: 0, delta: {}, logprobs: null, finish_reason: 'tool_calls' })
  })

  test('57. openai-node puts them together', async () => {
    await using stack = await startStack({ redisUrl })
    stack.hosts[0]!.faults.next(says(part({ tool_calls: calls }), done()))
    const runner = openaiClient(stack).chat.completions.stream({ model: 'llama3.2', messages: user('hi'), tools })
    const { choices } = await runner.finalChatCompletion()
    expect(choices[0]!.finish_reason).toBe('tool_calls')
    expect(choices[0]!.message.tool_calls).toMatchObject([
      { id: 'call_a', function: { name: 'weather', arguments: '{"city":"Hà Nội","n":1}' } },
      { id: 'call_b', function: { name: 'time', arguments: '{}' } },
    ])
  })
})

test('58. a tool call in the host’s last line comes before the chunk that finishes with tool_calls', async () => {
  await using stack = await startStack({ redisUrl })
  const { chunks } = await stream(stack, 'call weather {"city":"Hanoi","id":12345678901234567890}', { tools })
  const called = chunks.findIndex(chunk => chunk.choices[0]?.delta.tool_calls !== undefined)
  const finished = chunks.findIndex(chunk => chunk.choices[0]?.finish_reason === 'tool_calls')
  expect(called).toBeGreaterThan(0)
  expect(finished).toBe(chunks.length - 1)
  const args = chunks.flatMap(chunk => chunk.choices[0]?.delta.tool_calls ?? []).map(delta => delta.function.arguments)
  expect(args.join('')).toBe('{"city":"Hanoi","id":12345678901234567890}')
})

test('59. thinking comes before content, and never in it', async () => {
  await using stack = await startStack({ redisUrl })
  const { chunks } = await stream(stack, 'hi', { reasoning_effort: 'low', seed: 4, max_tokens: 6 })
  const kinds = chunks.map(({ choices }) => {
    const delta = choices[0]!.delta
    if (delta.reasoning_content !== undefined) return 'reasoning'
    return delta.content ? 'content' : 'other'
  })
  expect(kinds.filter(kind => kind === 'reasoning').length).toBeGreaterThan(0)
  expect(kinds.lastIndexOf('reasoning')).toBeLessThan(kinds.indexOf('content'))
  expect(contentOf(chunks)).toBe(answer(4, 6))
})

test('64. no chunk of a healthy stream has an error key, whatever it carries', async () => {
  await using stack = await startStack({ redisUrl })
  const healthy = [
    await stream(stack, 'hi'),
    await stream(stack, 'hi', { n: 2, stream_options: { include_usage: true } }),
    await stream(stack, 'hi', { reasoning_effort: 'high' }),
    await stream(stack, 'call weather {"city":"x"}', { tools }),
    await stream(stack, 'echo: {"error":null} "error": {"error":"x"}'),
  ]
  for (const { chunks, data } of healthy) {
    expect(data.at(-1)).toBe('[DONE]')
    expect(chunks.filter(chunk => 'error' in chunk)).toEqual([])
  }
})

test('68. n:2 gives chunks of both indexes, one finish each, and one [DONE]', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 3 }] })
  const { chunks, data } = await stream(stack, 'hi', {
    n: 2,
    seed: 6,
    max_tokens: 20,
    stream_options: { include_usage: true },
  })
  for (const index of [0, 1]) {
    const own = chunks.flatMap(chunk => chunk.choices).filter(choice => choice.index === index)
    expect(own[0]!.delta).toEqual({ role: 'assistant', content: '' })
    expect(own.filter(choice => choice.finish_reason !== null)).toEqual([own.at(-1)])
    expect(contentOf(chunks, index)).toBe(answer(6, 20))
  }
  expect(chunks.at(-1)).toMatchObject({
    choices: [],
    usage: { prompt_tokens: 1, completion_tokens: 40, total_tokens: 41 },
  })
  expect(data.filter(item => item === '[DONE]')).toHaveLength(1)
  expect(data.at(-1)).toBe('[DONE]')
  const order = chunks.flatMap(chunk => chunk.choices.map(({ index }) => index))
  expect(order.indexOf(1)).toBeLessThan(order.lastIndexOf(0))
  expect(order.indexOf(0)).toBeLessThan(order.lastIndexOf(1))
})

test('69. a refusal is JSON, also when a stream was asked for', async () => {
  const guard = {
    input: { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: { substrings: ['forbidden'] } } },
  }
  await using stack = await startStack({ redisUrl, config: { guard } })
  for (const [status, code, body] of [
    [400, 'invalid_request', ask('hi', { stream: true, temperature: 'hot' })],
    [400, 'invalid_json', '{"stream":true,'],
    [400, 'content_policy_violation', ask('a forbidden word', { stream: true })],
    [404, 'model_not_found', ask('hi', { stream: true, model: 'nope' })],
  ] as const) {
    const response = await postChat(stack.url, body, { headers: { accept: 'text/event-stream' } })
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect([response.status, await response.json()]).toMatchObject([status, { error: { code } }])
  }
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('69. so is a failure before the first token', async () => {
  await using stack = await startStack({ redisUrl })
  stack.hosts[0]!.faults.next({ kind: 'status', status: 400, body: '{"error":"llama3.2 does not support tools"}' })
  const response = await postChat(stack.url, ask('hi', { stream: true, tools }))
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'model_unsupported' } }])
})
