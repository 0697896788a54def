import { expect, test } from 'vitest'
import { hasToken, ollama, openai } from './wire.ts'

const ask = { seed: 1, tokens: 2, stream: true }
const delta = (content: string): string => `data: {"choices":[{"delta":{"content":${JSON.stringify(content)}}}]}\n\n`

test.each([
  { body: ': waiting\n\n', expected: false },
  { body: delta(''), expected: false },
  { body: delta('') + delta('the'), expected: true },
  { body: delta('"quoted"'), expected: true },
  { body: '{"message":{"role":"assistant","content":" sheep"},"done":false}\n', expected: true },
])('a token is more than a comment or an empty chunk: $body', ({ body, expected }) => {
  expect(hasToken(body)).toBe(expected)
})

test('reads what was streamed', () => {
  expect(openai.text(ask, `: waiting\n\n${delta('the')}${delta(' river')}data: [DONE]\n\n`)).toBe('the river')
  expect(ollama.text(ask, '{"message":{"content":"the"}}\n{"message":{"content":" river"},"done":true}\n')).toBe(
    'the river',
  )
})

test('a stream that was cut is not an answer', () => {
  expect(() => openai.text(ask, delta('the'))).toThrow('[DONE]')
  expect(() => ollama.text(ask, '{"message":{"content":"the"}}\n')).toThrow('done')
})

test('an error inside a stream is not an answer', () => {
  expect(() => openai.text(ask, `data: {"error":{"message":"lost"}}\n\ndata: [DONE]\n\n`)).toThrow('lost')
})
