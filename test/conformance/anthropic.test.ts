import { expect, inject, test } from 'vitest'
import { answer, seedOf } from '../fakes/ollama/tokens.ts'
import { askMessage, message, postMessage, sent, streamMessage, weather } from '../support/anthropic.ts'
import { done, part, says } from '../support/host-script.ts'
import { startStack } from '../support/stack.ts'

/** /v1/messages: requests and whole answers. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

test('133. a minimal request is answered with one text block and every key, under a request-id', async () => {
  await using stack = await startStack({ redisUrl })
  const response = await postMessage(stack, askMessage('hi'))
  expect(response.headers.get('request-id')).toMatch(/^r_\w+$/)
  expect(await response.json()).toEqual({
    id: expect.stringMatching(/^msg_\w+$/),
    type: 'message',
    role: 'assistant',
    model: 'llama3.2',
    content: [{ type: 'text', text: answer(seedOf('hi'), 8) }],
    stop_reason: 'max_tokens',
    stop_sequence: null,
    usage: { input_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 8 },
  })
  expect(await message(stack, askMessage('echo: done', { max_tokens: 100 }))).toMatchObject({
    content: [{ type: 'text', text: 'done' }],
    stop_reason: 'end_turn',
  })
})

test('133. also of a model that thinks by itself, the first block is the text', async () => {
  const capabilities = { 'llama3.2': ['completion', 'thinking'] }
  await using stack = await startStack({ redisUrl, hosts: [{ capabilities }] })
  const { content } = await message(stack, askMessage('hi'))
  expect(content.map(({ type }) => type)).toEqual(['text'])
})

test('133. every sampling parameter reaches the host', async () => {
  await using stack = await startStack({ redisUrl })
  await message(
    stack,
    askMessage('hi', { temperature: 1, top_p: 0.5, top_k: 3, stop_sequences: ['X', 'Y'], metadata: {} }),
  )
  expect(sent(stack)).toMatchObject({
    options: { num_predict: 8, temperature: 1, top_p: 0.5, top_k: 3, stop: ['X', 'Y'] },
  })
})

test('135. system is the first message, as a string and as blocks, whatever is cached of it', async () => {
  await using stack = await startStack({ redisUrl })
  const cached = { cache_control: { type: 'ephemeral' } }
  const user = { role: 'user', content: 'hi' }
  await message(stack, askMessage('hi', { system: 'be brief' }))
  expect(sent(stack)['messages']).toEqual([{ role: 'system', content: 'be brief' }, user])
  const blocks = [
    { type: 'text', text: 'be brief' },
    { type: 'text', text: 'be kind', ...cached },
  ]
  await message(stack, askMessage([{ type: 'text', text: 'hi', ...cached }], { system: blocks }))
  expect(sent(stack)['messages']).toEqual([{ role: 'system', content: 'be brief\nbe kind' }, user])
})

test('137. two calls without ids get ids of their own', async () => {
  await using stack = await startStack({ redisUrl })
  const call = (name: string): object => ({ function: { name, arguments: {} } })
  stack.hosts[0]!.faults.next(says(part({ tool_calls: [call('weather'), call('weather')] }), done()))
  const { content } = (await message(stack, askMessage('hi', { tools: [weather] }))) as { content: { id?: string }[] }
  const ids = content.map(({ id }) => id)
  expect(ids).toEqual([expect.stringMatching(/^\w+$/), expect.stringMatching(/^\w+$/)])
  expect(new Set(ids).size).toBe(2)
})

test('137. tool_choice none hides the tools', async () => {
  await using stack = await startStack({ redisUrl })
  await message(stack, askMessage('hi', { tools: [weather], tool_choice: { type: 'none' } }))
  expect(sent(stack)).not.toHaveProperty('tools')
})

test('138. results of tools, with their images, become tool messages in order, and the user’s words follow', async () => {
  const capabilities = { 'llama3.2': ['completion', 'tools', 'vision'] }
  await using stack = await startStack({ redisUrl, hosts: [{ capabilities }] })
  const png = 'iVBORw0KGgo='
  const messages = [
    { role: 'user', content: 'look' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: '' },
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Huế' } },
        { type: 'tool_use', id: 'toolu_2', name: 'weather', input: {} },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [
            { type: 'text', text: 'rain' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
          ],
        },
        { type: 'tool_result', tool_use_id: 'toolu_2', content: 'no city', is_error: true },
        { type: 'text', text: 'and?' },
      ],
    },
  ]
  await message(stack, askMessage('', { messages, tools: [weather] }))
  expect(sent(stack)['messages']).toEqual([
    { role: 'user', content: 'look' },
    {
      role: 'assistant',
      content: 'I look.',
      thinking: 'hm',
      tool_calls: [
        { id: 'toolu_1', function: { name: 'weather', arguments: { city: 'Huế' } } },
        { id: 'toolu_2', function: { name: 'weather', arguments: {} } },
      ],
    },
    { role: 'tool', content: 'rain', images: [png], tool_name: 'weather', tool_call_id: 'toolu_1' },
    { role: 'tool', content: 'Error: no city', tool_name: 'weather', tool_call_id: 'toolu_2' },
    { role: 'user', content: 'and?' },
  ])
})

test('140. an empty answer has an empty content, streamed and not', async () => {
  await using stack = await startStack({ redisUrl })
  stack.hosts[0]!.faults.next(says(done()), says(done()))
  expect(await message(stack, askMessage('hi'))).toMatchObject({ content: [], stop_reason: 'end_turn' })
  const { events } = await streamMessage(stack, askMessage('hi'))
  expect(events.map(({ type }) => type)).toEqual(['message_start', 'message_delta', 'message_stop'])
})
