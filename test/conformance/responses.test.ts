import { describe, expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { expectRefusal } from '../support/refusal.ts'
import { postResponse, respond, streamResponse, textOf } from '../support/responses.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { openaiClient } from '../support/streaming.ts'

/** /v1/responses in the foreground. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

const weather = {
  type: 'function',
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
}
const askWeather = { input: 'call weather {"city":"Hà Nội"}', tools: [weather] }

const get = (stack: Stack, path: string, init?: RequestInit): Promise<Response> =>
  fetch(`${stack.url}/v1/responses/${path}`, init)

const messagesSent = (stack: Stack): unknown =>
  (JSON.parse(stack.hosts[0]!.requests.at(-1)!.body) as { messages: unknown }).messages

test('83. a minimal request is answered with every required key; output_text of the SDK is the text', async () => {
  await using stack = await startStack({ redisUrl })
  const response = await respond(stack, { seed: 7 })
  expect(response).toEqual({
    id: expect.stringMatching(/^resp_\w+$/),
    object: 'response',
    created_at: expect.toSatisfy((at: number) => Number.isInteger(at) && Math.abs(at - Date.now() / 1000) < 60),
    status: 'completed',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: null,
    metadata: {},
    model: 'llama3.2',
    output: [
      {
        id: expect.stringMatching(/^msg_\w+_0$/),
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: answer(7, 32), annotations: [], logprobs: [] }],
      },
    ],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: true,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_logprobs: 0,
    top_p: null,
    truncation: 'auto',
    usage: {
      input_tokens: 1,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 32,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 33,
    },
  })
  const { output_text: text } = await openaiClient(stack).responses.create({ model: 'llama3.2', input: 'echo: ho ho' })
  expect(text).toBe('ho ho')
})

test('83. the parameters of the request are repeated, numbers of its schemas digit for digit', async () => {
  await using stack = await startStack({ redisUrl })
  const schema = '{"type":"object","properties":{"n":{"type":"integer","maximum":12345678901234567890}}}'
  const said = {
    instructions: 'Be brief.',
    max_output_tokens: 20,
    metadata: { topic: 'x' },
    parallel_tool_calls: false,
    temperature: 0.5,
    top_p: 0.9,
    truncation: 'disabled',
    tool_choice: 'none',
  }
  const tools = `[{"type":"function","name":"f","parameters":${schema},"strict":true}]`
  const body = `${JSON.stringify({ model: 'llama3.2', input: 'hi', ...said }).slice(0, -1)},"tools":${tools}}`
  const response = await fetch(`${stack.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const text = await response.text()
  expect(JSON.parse(text)).toMatchObject(said)
  expect(text).toContain(`"tools":${tools}`)
  const { id } = JSON.parse(text) as { id: string }
  expect(await (await get(stack, id)).text()).toBe(text)
  expect(JSON.parse(stack.hosts[0]!.requests[0]!.body)).toMatchObject({
    truncate: false,
    options: { num_predict: 20, temperature: 0.5, top_p: 0.9 },
  })
})

test('84. messages, a call and its output reach the host in their order', async () => {
  await using stack = await startStack({ redisUrl })
  await respond(stack, {
    instructions: 'be kind',
    tools: [weather],
    input: [
      { role: 'system', content: 'be brief' },
      { role: 'developer', content: [{ type: 'input_text', text: 'be right' }] },
      { role: 'user', content: [{ type: 'input_text', text: 'weather?' }] },
      { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'Hm' }] },
      { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'weather', arguments: '{"n":12345678901234567890}' },
      { type: 'function_call_output', call_id: 'c1', output: '31 °C' },
    ],
  })
  const { body } = stack.hosts[0]!.requests[0]!
  expect(messagesSent(stack)).toEqual([
    { role: 'system', content: 'be kind' },
    { role: 'system', content: 'be brief' },
    { role: 'system', content: 'be right' },
    { role: 'user', content: 'weather?' },
    {
      role: 'assistant',
      content: '',
      thinking: 'Hm',
      tool_calls: [{ id: 'c1', function: { name: 'weather', arguments: { n: Number('12345678901234567890') } } }],
    },
    { role: 'tool', content: '31 °C', tool_name: 'weather', tool_call_id: 'c1' },
  ])
  expect(body).toContain('{"n":12345678901234567890}')
})

test('85. previous_response_id brings the history back, streamed and not, and not the instructions', async () => {
  await using stack = await startStack({ redisUrl })
  const first = await respond(stack, { input: 'echo: one', instructions: 'be brief' })
  const events = await streamResponse(stack, { input: 'echo: two', previous_response_id: first.id })
  await respond(stack, { input: 'echo: three', previous_response_id: events.at(-1)!.response.id, instructions: 'new' })
  expect(messagesSent(stack)).toEqual([
    { role: 'system', content: 'new' },
    { role: 'user', content: 'echo: one' },
    { role: 'assistant', content: 'one' },
    { role: 'user', content: 'echo: two' },
    { role: 'assistant', content: 'two' },
    { role: 'user', content: 'echo: three' },
  ])
})

test('85. a call goes on with nothing but its output', async () => {
  await using stack = await startStack({ redisUrl })
  const called = await respond(stack, askWeather)
  const [call] = called.output as unknown as { call_id: string }[]
  await respond(stack, {
    previous_response_id: called.id,
    input: [{ type: 'function_call_output', call_id: call!.call_id, output: '31 °C' }],
  })
  expect(messagesSent(stack)).toEqual([
    { role: 'user', content: askWeather.input },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: call!.call_id, function: { name: 'weather', arguments: { city: 'Hà Nội' } } }],
    },
    { role: 'tool', content: '31 °C', tool_name: 'weather', tool_call_id: call!.call_id },
  ])
})

test('85. an item of a kept response may be sent as a reference to it', async () => {
  await using stack = await startStack({ redisUrl })
  const first = await respond(stack, { input: 'echo: one' })
  const input = [
    { role: 'user', content: 'echo: one' },
    { type: 'item_reference', id: first.output[0]!.id },
    { role: 'user', content: 'echo: two' },
  ]
  await respond(stack, { input })
  expect(messagesSent(stack)).toEqual([
    { role: 'user', content: 'echo: one' },
    { role: 'assistant', content: 'one' },
    { role: 'user', content: 'echo: two' },
  ])
  for (const [id, field] of [
    ['msg_r_1_0', 'input[0].id'],
    ['elsewhere', 'input[0].id'],
    ['rs_r_1_0', 'input'],
  ] as const) {
    const unknown = await postResponse(stack, { input: [{ type: 'item_reference', id }] })
    await expectRefusal(unknown, 400, 'invalid_request', field)
  }
})

test('86. an unknown previous_response_id is 404, in a stream as well', async () => {
  await using stack = await startStack({ redisUrl })
  for (const id of ['resp_r_0', 'elsewhere', '../x', '']) {
    const refused = await postResponse(stack, { previous_response_id: id, stream: true })
    await expectRefusal(refused, 404, 'response_not_found', 'previous_response_id')
  }
  expect(stack.hosts[0]!.requests).toEqual([])
})

test('87. reaching max_output_tokens is incomplete, in a stream as well', async () => {
  await using stack = await startStack({ redisUrl })
  const whole = await respond(stack, { seed: 7, max_output_tokens: 16 })
  const events = await streamResponse(stack, { seed: 7, max_output_tokens: 16 })
  const last = events.at(-1)!
  expect(last.type).toBe('response.incomplete')
  for (const response of [whole, last.response]) {
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
    expect(response.output[0]!.status).toBe('incomplete')
    expect(textOf(response)).toBe(answer(7, 16))
  }
  expect(JSON.parse(stack.hosts[0]!.requests[0]!.body)).toMatchObject({ options: { num_predict: 16 } })
})

describe('88. what cannot be honoured is refused before any queue', () => {
  test('88. max_output_tokens below 16', async () => {
    await using stack = await startStack({ redisUrl })
    await expectRefusal(
      await postResponse(stack, { max_output_tokens: 15 }),
      400,
      'invalid_request',
      'max_output_tokens',
    )
  })

  test('88. background responses, conversations, stored prompts, built-in tools that have to be called', async () => {
    await using stack = await startStack({ redisUrl })
    for (const [field, set] of [
      ['background', { background: true }],
      ['conversation', { conversation: 'conv_1' }],
      ['prompt', { prompt: { id: 'pmpt_1' } }],
      ['tool_choice', { tools: [{ type: 'web_search' }], tool_choice: 'required' }],
      ['tool_choice.type', { tools: [{ type: 'web_search_preview' }], tool_choice: { type: 'web_search_preview' } }],
    ] as const)
      await expectRefusal(await postResponse(stack, { ...set, stream: true }), 400, 'invalid_request', field)
    await expectRefusal(await postResponse(stack, { model: 'nope' }), 404, 'model_not_found')
    expect(stack.hosts[0]!.requests).toEqual([])
  })
})
