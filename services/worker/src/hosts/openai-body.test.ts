import type { ChatRequest, GenerateRequest } from '@drover/shared/requests'
import { describe, expect, test } from 'vitest'
import { chatBody, chatOf, completionBody, embedBody } from './openai-body.ts'

const chat = (part: Partial<ChatRequest> = {}): ChatRequest => ({
  kind: 'chat',
  messages: [{ role: 'user', content: 'hi' }],
  options: {},
  ...part,
})
const generate = (part: Partial<GenerateRequest> = {}): GenerateRequest => ({
  kind: 'generate',
  prompt: 'once',
  options: {},
  ...part,
})

const streamed = '"stream":true,"stream_options":{"include_usage":true}'
const plain = { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: true }
const sent = (part: Partial<ChatRequest>): unknown => JSON.parse(chatBody('m', chat(part), {}))

describe('the body of a chat', () => {
  test('always streams, asks for the counts, and leaves out what the request leaves out', () => {
    expect(chatBody('org/m', chat({ messages: [{ role: 'user', content: 'hi "you"' }] }), {})).toBe(
      `{"model":"org/m","messages":[{"role":"user","content":"hi \\"you\\""}],${streamed}}`,
    )
  })

  test.each([
    ['JSON', { formatJson: '"json"' }, { response_format: { type: 'json_object' } }],
    [
      'a schema',
      { formatJson: '{"type":"object"}' },
      { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } } },
    ],
    ['no thinking', { think: false }, { reasoning_effort: 'none', chat_template_kwargs: { enable_thinking: false } }],
    [
      'much thinking',
      { think: 'high' as const },
      { reasoning_effort: 'high', chat_template_kwargs: { enable_thinking: true } },
    ],
    ['thinking', { think: true }, { chat_template_kwargs: { enable_thinking: true } }],
    ['chosen tokens only', { topLogprobs: 0 }, { logprobs: true, top_logprobs: 0 }],
    ['one call at most', { parallelToolCalls: false }, { parallel_tool_calls: false }],
    ['a call', { toolsJson: '[]', toolChoice: 'required' as const }, { tools: [], tool_choice: 'required' }],
  ])('%s', (_name, part, expected) => {
    expect(sent(part)).toMatchObject({ ...plain, ...expected })
  })

  test('a named tool is the only one on offer, with every digit of its schema', () => {
    const tools = (max: string) =>
      `[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g","parameters":{"maximum":${max}}}}]`
    const body = chatBody('m', chat({ toolsJson: tools('12345678901234567890'), toolChoice: { name: 'g' } }), {})
    expect(body).toContain(
      '"tools":[{"type":"function","function":{"name":"g","parameters":{"maximum":12345678901234567890}}}],"tool_choice":"required"',
    )
  })

  test("options get their names, the request's own win, and those of how a host runs a model stay here", () => {
    const asked = { seed: '9223372036854775807', temperature: '0.5', num_predict: '5', stop: '["a"]' }
    const ofTheHost = { num_ctx: '4096', num_gpu: '9', mirostat: '1' }
    const options = { ...asked, ...ofTheHost, repeat_penalty: '1.1' }
    const body = chatBody('m', chat({ options }), { temperature: '1', top_k: '40', num_thread: '2' })
    expect(body).toContain(
      '"temperature":0.5,"seed":9223372036854775807,"stop":["a"],"max_tokens":5,"top_k":40,' +
        `"repeat_penalty":1.1,"repetition_penalty":1.1,${streamed}}`,
    )
  })

  test.each([{ num_predict: '-1' }, { num_predict: '-2' }, { num_predict: '0' }, { stop: '[]' }])(
    '%j says nothing',
    options => {
      expect(chatBody('m', chat({ options }), {})).toBe(chatBody('m', chat(), {}))
    },
  )
})

describe('messages', () => {
  const messages = (...list: ChatRequest['messages']): unknown => (sent({ messages: list }) as typeof plain).messages

  test('an image is a data URL of its own type, after the text', () => {
    expect(messages({ role: 'user', content: 'look', images: ['iVBORw0KGgoAAA=', '/9j/4AA='] })).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgoAAA=' } },
          { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,/9j/4AA=' } },
        ],
      },
    ])
  })

  test('a call keeps its id and the digits of its arguments, which are text', () => {
    const call = { id: 'c1', name: 'f', arguments: '{"n":12345678901234567890}' }
    expect(
      messages(
        { role: 'assistant', content: '', thinking: 'hm', toolCalls: [call] },
        { role: 'tool', content: '5', toolName: 'f', toolCallId: 'c1' },
      ),
    ).toEqual([
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'hm',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: call.arguments } }],
      },
      { role: 'tool', content: '5', tool_call_id: 'c1' },
    ])
  })

  /** Ids of calls and of the answers to them, in order. */
  const ids = (...list: ChatRequest['messages']): unknown[] =>
    (messages(...list) as { tool_call_id?: string; tool_calls?: { id: string }[] }[]).flatMap(
      message => message.tool_calls?.map(({ id }) => id) ?? message.tool_call_id ?? [],
    )
  const calls = (...list: [id: string, name: string][]) => ({
    role: 'assistant' as const,
    content: '',
    toolCalls: list.map(([id, name]) => ({ id, name, arguments: '{}' })),
  })
  const answer = (toolName?: string, toolCallId?: string) => ({
    role: 'tool' as const,
    content: '',
    ...(toolName === undefined ? {} : { toolName }),
    ...(toolCallId === undefined ? {} : { toolCallId }),
  })

  test.each([
    ['by the name of the tool', [calls(['', 'f'], ['', 'g']), answer('g'), answer('f')], [1, 2, 2, 1]],
    ['in order where none is named', [calls(['', 'f'], ['', 'g']), answer(), answer()], [1, 2, 1, 2]],
    ['each call once', [calls(['', 'f'], ['', 'f']), answer('f'), answer('f'), answer('f')], [1, 2, 1, 2, 3]],
    ['in later turns too', [calls(['', 'f']), answer('f'), calls(['', 'f']), answer('f')], [1, 1, 2, 2]],
    ['without a call at all', [answer('f')], [1]],
  ])('calls and answers without ids find each other: %s', (_name, list, expected) => {
    expect(ids(...list)).toEqual(expected.map(number => `call0000${number}`))
  })

  test('given ids stay as they are, and no made one is the same', () => {
    expect(
      ids(calls(['call00001', 'f'], ['', 'f']), answer('f', 'call00001'), answer('f'), answer('g', 'unheard of')),
    ).toEqual(['call00001', 'call00002', 'call00001', 'call00002', 'unheard of'])
  })

  test('a hundred thousand calls with hostile ids take no time', () => {
    const given = Array.from({ length: 50_000 }, (_, index): [string, string] => [
      `call${String(index + 1).padStart(5, '0')}`,
      'f',
    ])
    const startedMs = performance.now()
    const list = ids(calls(...given, ['', 'f']), ...Array.from({ length: 50_000 }, () => answer('g')))
    expect(list).toHaveLength(100_001)
    expect(performance.now() - startedMs).toBeLessThan(2_000)
  })
})

describe('a prompt without roles', () => {
  test('is continued as it is', () => {
    const request = generate({ suffix: 'end', topLogprobs: 2, options: { num_predict: '16' }, think: false })
    expect(chatOf(request)).toBeUndefined()
    expect(completionBody('m', request, { temperature: '0' })).toBe(
      `{"model":"m","prompt":"once","suffix":"end","logprobs":2,"temperature":0,"max_tokens":16,${streamed}}`,
    )
  })

  test.each([
    ['a system text', { system: 's' }, { messages: [{ role: 'system', content: 's' }, { role: 'user' }] }],
    ['an image', { images: ['AA=='] }, { messages: [{ role: 'user', images: ['AA=='] }] }],
    ['a format', { formatJson: '"json"' }, { formatJson: '"json"' }],
    ['thoughts', { think: true }, { think: true }],
  ])('becomes a conversation where it has %s', (_name, part, expected) => {
    expect(chatOf(generate(part))).toMatchObject({ kind: 'chat', options: {}, ...expected })
  })

  test.each([
    ['template', { template: '{{ .Prompt }}' }],
    ['context', { contextJson: '[1,2]' }],
  ])('with a %s is refused', (name, part) => {
    expect(() => chatOf(generate(part))).toThrow(
      expect.objectContaining({ kind: 'unsupported', detail: expect.stringContaining(`\`${name}\``) }),
    )
  })
})

test('embeddings are asked for in base64', () => {
  expect(embedBody('m', ['a', 'b'], 64)).toBe(
    '{"model":"m","input":["a","b"],"encoding_format":"base64","dimensions":64}',
  )
})
