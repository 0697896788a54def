import { describe, expect, test } from 'vitest'
import { chatReader } from './ollama-chat.ts'

const alive = (): void => {}
const events = (line: string) => chatReader({})(line, alive)
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
    ['a model that repeats itself', '{"error":"prediction aborted, token repeat limit reached"}', 'gave_up'],
  ])('%s is a failure of the host', (_name, line, kind) => {
    expect(() => events(line)).toThrow(expect.objectContaining({ name: 'HostFailure', kind }))
  })

  test('a key that would pollute prototypes does nothing', () => {
    expect(events('{"__proto__":{"done":true},"message":{"content":"a"}}')).toEqual([{ type: 'text', text: 'a' }])
  })
})

describe('weights of tokens', () => {
  const weights = '"logprobs":[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[{"token":"b","logprob":-1}]}]'
  const logprobs = [{ token: 'a', logprob: -0.5, bytes: [97], top: [{ token: 'b', logprob: -1 }] }]

  test.each([
    ['go with their text', `{"message":{"content":"a"},${weights}}`, [{ type: 'text', text: 'a', logprobs }]],
    [
      'without text are told all the same',
      `{"message":{"content":""},${weights}}`,
      [{ type: 'text', text: '', logprobs }],
    ],
    [
      'of what is thought follow it',
      `{"message":{"content":"","thinking":"t"},${weights}}`,
      [
        { type: 'reasoning', text: 't' },
        { type: 'text', text: '', logprobs },
      ],
    ],
    ['that are none change nothing', '{"message":{"content":"a"},"logprobs":[]}', [{ type: 'text', text: 'a' }]],
    [
      'of the last line come before the end',
      `{"done":true,"prompt_eval_count":3,${weights}}`,
      [
        { type: 'text', text: '', logprobs },
        { ...end, reason: 'stop' },
      ],
    ],
  ])('%s', (_name, line, expected) => {
    expect(events(line)).toEqual(expected)
  })
})

test('where calls may not be parallel only the first is told, however they come', () => {
  const call = (name: string): string => `{"function":{"name":"${name}","arguments":{}}}`
  const line = (...names: string[]): string => `{"message":{"tool_calls":[${names.map(call).join(',')}]}}`
  const names = (only: boolean | undefined): string[] => {
    const read = chatReader({ parallelToolCalls: only })
    const told = [line('a', 'b'), line('c'), '{"done":true}'].flatMap(each => read(each, alive))
    expect(told.at(-1)).toMatchObject({ type: 'end', reason: 'tool_calls' })
    return told.flatMap(event => (event.type === 'tool_calls' ? event.calls.map(({ name }) => name) : []))
  }
  expect(names(false)).toEqual(['a'])
  expect(names(true)).toEqual(['a', 'b', 'c'])
  expect(names(undefined)).toEqual(['a', 'b', 'c'])
})
