import { describe, expect, test } from 'vitest'
import { generateReader } from './ollama-generate.ts'

const events = (line: string) => generateReader()(line, () => {})
const usage = { promptTokens: 0, completionTokens: 2 }

describe('a line', () => {
  test.each([
    ['text', '{"response":"a","done":false}', [{ type: 'text', text: 'a' }]],
    ['thinking', '{"response":"","thinking":"t","done":false}', [{ type: 'reasoning', text: 't' }]],
    [
      'weights',
      '{"response":"a","logprobs":[{"token":"a","logprob":-1}]}',
      [{ type: 'text', text: 'a', logprobs: [{ token: 'a', logprob: -1, top: [] }] }],
    ],
  ])('%s', (_name, line, expected) => {
    expect(events(line)).toEqual(expected)
  })

  test.each([
    ['as the host wrote it', ',"context":[1,12345678901234567890, 2]', '[1,12345678901234567890, 2]'],
    ['also an empty one', ',"context":[]', '[]'],
    ['which may be absent', '', undefined],
  ])('the end has the context, %s', (_name, context, contextJson) => {
    const [end, ...others] = events(`{"response":"","done":true,"done_reason":"length"${context},"eval_count":2}`)
    expect(others).toEqual([])
    expect(end).toMatchObject({ type: 'end', reason: 'length', usage })
    expect((end as { contextJson?: string }).contextJson).toBe(contextJson)
  })

  test('a text that speaks of a context is a text', () => {
    const line = JSON.stringify({ response: '"context":[7]', done: true, eval_count: 2 })
    expect(events(line)).toEqual([
      { type: 'text', text: '"context":[7]' },
      expect.not.objectContaining({ contextJson: expect.anything() }),
    ])
  })

  test.each([
    ['garbage', '<html>', 'failed'],
    ['an error', '{"error":"boom"}', 'error_line'],
  ])('%s is a failure of the host', (_name, line, kind) => {
    expect(() => events(line)).toThrow(expect.objectContaining({ kind }))
  })
})
