import { describe, expect, inject, test } from 'vitest'
import { done, part, says } from '../support/host-script.ts'
import { expectRefusal } from '../support/refusal.ts'
import { ask, postChat } from '../support/sse-client.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { openaiClient, user } from '../support/streaming.ts'

/** Tools and images of /v1/chat/completions. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const
const time = { type: 'function', function: { name: 'time', parameters: { type: 'object', properties: {} } } } as const

interface Message {
  content: string | null
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[]
}
interface Choice {
  message: Message
  finish_reason: string
}

const complete = async (stack: Stack, body: object): Promise<Choice> => {
  const response = await postChat(stack.url, body)
  expect(response.status).toBe(200)
  const { choices } = (await response.json()) as { choices: [Choice] }
  return choices[0]
}

const lastSent = (stack: Stack): Record<string, unknown> & { messages: object[] } =>
  JSON.parse(stack.hosts[0]!.requests.at(-1)!.body) as Record<string, unknown> & { messages: object[] }

test('36. tools reach the host as they are; a call has an id of its own, arguments as text, and no content beside it', async () => {
  await using stack = await startStack({ redisUrl })
  const prompt = 'call weather {"city":"Huế"}\ncall time {}'
  const { message, finish_reason: reason } = await complete(stack, ask(prompt, { tools: [weather, time] }))
  expect(lastSent(stack)['tools']).toEqual([weather, time])
  expect(reason).toBe('tool_calls')
  expect(message.content).toBeNull()
  expect(message.tool_calls).toEqual([
    { id: expect.stringMatching(/./), type: 'function', function: { name: 'weather', arguments: '{"city":"Huế"}' } },
    { id: expect.stringMatching(/./), type: 'function', function: { name: 'time', arguments: '{}' } },
  ])
  expect(new Set(message.tool_calls!.map(({ id }) => id)).size).toBe(2)
})

test('36. calls without an id get one that is their own', async () => {
  await using stack = await startStack({ redisUrl })
  const call = { function: { name: 'time', arguments: {} } }
  stack.hosts[0]!.faults.next(says(part({ tool_calls: [call, call] }), done()))
  const { message } = await complete(stack, ask('hi', { tools: [time] }))
  const ids = message.tool_calls!.map(({ id }) => id)
  expect(ids).not.toContain('')
  expect(new Set(ids).size).toBe(2)
})

test('37. a number in the arguments keeps every digit', async () => {
  await using stack = await startStack({ redisUrl })
  const args = '{"id":12345678901234567890,"x":1.10}'
  const { message } = await complete(stack, ask(`call weather ${args}`, { tools: [weather] }))
  expect(message.tool_calls![0]!.function.arguments).toBe(args)
})

describe('38. tool_choice', () => {
  test('38. none: the host sees no tools', async () => {
    await using stack = await startStack({ redisUrl })
    const { finish_reason: reason } = await complete(
      stack,
      ask('call weather {"city":"x"}', { tools: [weather], tool_choice: 'none' }),
    )
    expect(reason).toBe('stop')
    expect(lastSent(stack)).not.toHaveProperty('tools')
  })

  test('38. required: a tool is called though the model would not have; named: that one', async () => {
    await using stack = await startStack({ redisUrl })
    for (const [choice, names] of [
      ['required', ['weather', 'time']],
      [{ type: 'function', function: { name: 'time' } }, ['time']],
      [{ type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [weather] } }, ['weather']],
    ] as const) {
      const { message, finish_reason: reason } = await complete(
        stack,
        ask('hi', { tools: [weather, time], tool_choice: choice }),
      )
      expect(reason).toBe('tool_calls')
      expect(message.tool_calls).toHaveLength(1)
      const [call] = message.tool_calls!
      expect(names).toContain(call!.function.name)
      expect(JSON.parse(call!.function.arguments)).toBeTypeOf('object')
    }
  })

  test('38. required, in a stream', async () => {
    await using stack = await startStack({ redisUrl })
    const runner = openaiClient(stack).chat.completions.stream({
      model: 'llama3.2',
      messages: user('hi'),
      tools: [weather, time],
      tool_choice: { type: 'function', function: { name: 'weather' } },
    })
    const { choices } = await runner.finalChatCompletion()
    expect(choices[0]!.finish_reason).toBe('tool_calls')
    expect(choices[0]!.message.tool_calls).toMatchObject([{ function: { name: 'weather' } }])
  })

  test('38. allowed_tools: the host sees no other', async () => {
    await using stack = await startStack({ redisUrl })
    const allowed = { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [time] } }
    await complete(stack, ask('hi', { tools: [weather, time], tool_choice: allowed }))
    expect(lastSent(stack)['tools']).toEqual([time])
  })

  test('38. what names no tool of the request is refused', async () => {
    await using stack = await startStack({ redisUrl })
    for (const [body, param] of [
      [{ tool_choice: 'required' }, 'tool_choice'],
      [{ tool_choice: 'any', tools: [time] }, 'tool_choice'],
      [
        { tool_choice: { type: 'function', function: { name: 'weather' } }, tools: [time] },
        'tool_choice.function.name',
      ],
    ] as const)
      await expectRefusal(await postChat(stack.url, ask('hi', body)), 400, 'invalid_request', param)
  })
})

test('parallel_tool_calls false: the first call is the only one', async () => {
  await using stack = await startStack({ redisUrl })
  const prompt = 'call weather {"city":"x"}\ncall time {}'
  const body = ask(prompt, { tools: [weather, time], parallel_tool_calls: false })
  const { message } = await complete(stack, body)
  expect(message.tool_calls).toMatchObject([{ function: { name: 'weather' } }])
})

test('39. a tool’s answer reaches the host as one message with the id and the name of its call', async () => {
  await using stack = await startStack({ redisUrl })
  const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Huế"}' } }
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: null, tool_calls: [call] },
    {
      role: 'tool',
      tool_call_id: 'call_1',
      content: [
        { type: 'text', text: 'warm' },
        { type: 'text', text: 'and wet' },
      ],
    },
  ]
  await complete(stack, ask('', { messages, tools: [weather] }))
  expect(lastSent(stack).messages.slice(1)).toEqual([
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'call_1', function: { name: 'weather', arguments: { city: 'Huế' } } }],
    },
    { role: 'tool', content: 'warm\nand wet', tool_name: 'weather', tool_call_id: 'call_1' },
  ])
})

test('40. arguments of an earlier call that are no JSON object are refused', async () => {
  await using stack = await startStack({ redisUrl })
  for (const args of ['{bad', '', '[1]', '"x"']) {
    const call = { id: 'c', type: 'function', function: { name: 'weather', arguments: args } }
    const messages = [{ role: 'assistant', tool_calls: [call] }]
    const param = 'messages[0].tool_calls[0].function.arguments'
    await expectRefusal(await postChat(stack.url, ask('', { messages })), 400, 'invalid_request', param)
  }
})

describe('41. images', () => {
  const png = 'iVBORw0KGgo='
  const withImage = (url: string): object =>
    ask('', {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what is' },
            { type: 'image_url', image_url: { url, detail: 'low' } },
            { type: 'text', text: 'this?' },
          ],
        },
      ],
    })

  test('41. text and image are one message of the host', async () => {
    await using stack = await startStack({
      redisUrl,
      hosts: [{ capabilities: { 'llama3.2': ['completion', 'vision'] } }],
    })
    await complete(stack, withImage(`data:image/png;base64,${png}`))
    expect(lastSent(stack).messages).toEqual([{ role: 'user', content: 'what is\nthis?', images: [png] }])
  })

  test('41. an address, another format or broken base64 is refused: nothing is fetched', async () => {
    await using stack = await startStack({ redisUrl })
    const param = 'messages[0].content[1].image_url.url'
    for (const url of [
      `${stack.url}/health`,
      'file:///etc/passwd',
      `data:image/gif;base64,${png}`,
      'data:image/png;base64,!!!',
      'data:image/png;base64,',
      '',
    ])
      await expectRefusal(await postChat(stack.url, withImage(url)), 400, 'invalid_request', param)
    expect(stack.hosts[0]!.requests).toHaveLength(0)
  })

  test('41. a model that cannot see is 400 before any queue', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ capabilities: { 'llama3.2': ['completion'] } }] })
    const response = await postChat(stack.url, withImage(`data:image/png;base64,${png}`))
    await expectRefusal(response, 400, 'model_unsupported', 'messages')
  })

  test('41. audio and files are refused', async () => {
    await using stack = await startStack({ redisUrl })
    for (const content of [
      [{ type: 'input_audio', input_audio: { data: png, format: 'wav' } }],
      [{ type: 'file', file: { file_id: 'file-1' } }],
    ]) {
      const response = await postChat(stack.url, ask('', { messages: [{ role: 'user', content }] }))
      expect(await response.clone().text()).toContain('audio and files are not supported')
      await expectRefusal(response, 400, 'invalid_request', 'messages[0].content[0].type')
    }
  })
})
