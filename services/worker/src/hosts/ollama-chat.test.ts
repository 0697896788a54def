import type { ChatRequest } from '@drover/shared/queues'
import { describe, expect, test } from 'vitest'
import { HostFailure } from './host-failure.ts'
import { chatBody, lineEvents, loadBody, refusal } from './ollama-chat.ts'

const request = (part: Partial<ChatRequest>): ChatRequest => ({
  messages: [{ role: 'user', content: 'hi "you"' }],
  options: {},
  ...part,
})

describe('the body of a chat', () => {
  test('carries everything as Ollama names it, and always streams', () => {
    const body = chatBody(
      'llama3.2:1b',
      request({
        messages: [
          { role: 'user', content: 'look', images: ['AAAA'] },
          {
            role: 'assistant',
            content: '',
            thinking: 'hm',
            toolCalls: [
              { id: 'c1', name: 'f', arguments: '{"n":12345678901234567890}' },
              { id: '', name: 'g', arguments: '{}' },
            ],
          },
          { role: 'tool', content: '5', toolName: 'f', toolCallId: 'c1' },
        ],
        toolsJson: '[{"type":"function"}]',
        formatJson: '"json"',
        options: { seed: '9223372036854775807' },
        think: 'low',
        keepAlive: '10m',
      }),
      { seed: '1', temperature: '0.5' },
    )
    expect(body).toBe(
      '{"model":"llama3.2:1b","messages":[{"role":"user","content":"look","images":["AAAA"]},' +
        '{"role":"assistant","content":"","thinking":"hm","tool_calls":[' +
        '{"id":"c1","function":{"name":"f","arguments":{"n":12345678901234567890}}},' +
        '{"function":{"name":"g","arguments":{}}}]},' +
        '{"role":"tool","content":"5","tool_name":"f","tool_call_id":"c1"}],' +
        '"tools":[{"type":"function"}],"format":"json",' +
        '"options":{"seed":9223372036854775807,"temperature":0.5},"think":"low","keep_alive":"10m","stream":true}',
    )
  })

  test('leaves out what the request leaves out', () => {
    expect(chatBody('m', request({}), {})).toBe(
      '{"model":"m","messages":[{"role":"user","content":"hi \\"you\\""}],"stream":true}',
    )
  })
})

test('the configured options go out with every request and with the load ahead of it, so that none reloads the model', () => {
  const options = { num_ctx: '8192', num_gpu: '99', temperature: '0.5' }
  const sent = [
    chatBody('m', request({}), options),
    chatBody('m', request({ options: { temperature: '1' } }), options),
    loadBody('m', options),
  ].map(body => (JSON.parse(body) as { options: unknown }).options)
  for (const each of sent) expect(each).toMatchObject({ num_ctx: 8192, num_gpu: 99 })
})

test('a load has no prompt and, if it is to, lets the model stay', () => {
  expect(loadBody('m:latest', { num_ctx: '8192' }, -1)).toBe(
    '{"model":"m:latest","options":{"num_ctx":8192},"keep_alive":-1,"stream":false}',
  )
  expect(loadBody('m', {})).toBe('{"model":"m","stream":false}')
})

const events = (line: string) => lineEvents(line, { value: false })
const end = {
  type: 'end',
  usage: { promptTokens: 3, completionTokens: 0 },
  timings: { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 },
}

describe('a line', () => {
  test.each([
    ['text', '{"message":{"content":"a"},"done":false}', [{ type: 'text', text: 'a' }]],
    [
      'thinking before text',
      '{"message":{"content":"a","thinking":"t"}}',
      [
        { type: 'reasoning', text: 't' },
        { type: 'text', text: 'a' },
      ],
    ],
    ['nothing to say', '{"message":{"content":""},"done":false}', []],
    [
      'the end, absent counts being zero',
      '{"done":true,"done_reason":"stop","prompt_eval_count":3}',
      [{ ...end, reason: 'stop' }],
    ],
    ['an end by length', '{"done":true,"done_reason":"length","prompt_eval_count":3}', [{ ...end, reason: 'length' }]],
    ['an end without a reason', '{"done":true,"prompt_eval_count":3}', [{ ...end, reason: 'stop' }]],
  ])('%s', (_name, line, expected) => {
    expect(events(line)).toEqual(expected)
  })

  test('a tool call keeps big integers digit for digit, and makes the reason tool_calls', () => {
    const line =
      '{"message":{"tool_calls":[{"id":"c1","function":{"name":"f","arguments":{"n":12345678901234567890,"x":1.50}}}]},"done":true,"done_reason":"stop"}'
    expect(events(line)).toMatchObject([
      { type: 'tool_calls', calls: [{ id: 'c1', name: 'f', arguments: '{"n":12345678901234567890,"x":1.50}' }] },
      { type: 'end', reason: 'tool_calls' },
    ])
  })

  test.each([
    ['not JSON', '<html>', 'failed'],
    ['another shape', '{"message":7}', 'failed'],
    ['an array', '[]', 'failed'],
    ["the host's own error", '{"error":"boom"}', 'error_line'],
  ])('%s is a failure of the host', (_name, line, kind) => {
    expect(() => events(line)).toThrow(expect.objectContaining({ name: 'HostFailure', kind }))
  })

  test('a key that would pollute prototypes does nothing', () => {
    expect(events('{"__proto__":{"done":true},"message":{"content":"a"}}')).toEqual([{ type: 'text', text: 'a' }])
  })
})

describe('an answer that is not 200', () => {
  test.each([
    [503, '{"error":"server busy, please try again.  maximum pending requests exceeded"}', 'busy'],
    [404, '{"error":"model \'x\' not found"}', 'model_missing'],
    [400, '{"error":"x does not support tools"}', 'rejected'],
    [500, '{"error":"model requires more system memory"}', 'failed'],
    [502, '<html>', 'failed'],
  ])('%i means %s', (status, body, kind) => {
    expect(refusal(status, body)).toMatchObject({ kind })
  })

  test("the runner's error inside the host's error is the one for people", () => {
    const body = JSON.stringify({
      error: JSON.stringify({ error: { code: 400, message: 'request (9 tokens) exceeds the available context size' } }),
    })
    const failure = refusal(400, body)
    expect(failure).toBeInstanceOf(HostFailure)
    expect(failure.detail).toBe('request (9 tokens) exceeds the available context size')
  })
})
