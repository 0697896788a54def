import { describe, expect, test } from 'vitest'
import { ollama, openai, type Said, type Wire } from './wire.ts'

describe('a line', () => {
  test.each<[string, Wire, string, Said]>([
    ['text', ollama, '{"message":{"content":"a"},"done":false}', { text: 'a', done: false }],
    ['the end', ollama, '{"message":{"content":""},"done":true}', { text: '', done: true }],
    ['an error', ollama, '{"error":"boom"}', { text: '', done: false, error: 'boom' }],
    ['text', openai, 'data: {"choices":[{"delta":{"content":"a"}}]}', { text: 'a' }],
    ['a role', openai, 'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}', { text: '' }],
    ['a comment', openai, ': queued position=3 eta=12s', {}],
    ['nothing', openai, '', {}],
    ['the end', openai, 'data: [DONE]', { done: true }],
    ['an error', openai, 'data: {"error":{"code":"upstream_lost"}}', { error: 'upstream_lost' }],
  ])('%s', (_name, wire, line, said) => {
    expect(wire.line(line)).toEqual(said)
  })

  test('a refusal is known by its code, whatever else a proxy may send', () => {
    expect(openai.refusal('{"error":{"code":"queue_full"}}')).toBe('queue_full')
    expect(openai.refusal('<html>')).toBe('<html>')
  })
})
