import { expect, test } from 'vitest'
import { readVectors } from './openai-embeddings.ts'

const base64 = (...numbers: number[]): string => Buffer.from(Float32Array.from(numbers).buffer).toString('base64')
const answer = (data: object[], more: object = {}): string => JSON.stringify({ object: 'list', data, ...more })

test('numbers and base64 are the same vectors, in the order of the inputs', () => {
  const data = [
    { index: 1, embedding: [0.25, -1] },
    { index: 0, embedding: base64(1, 0.5) },
  ]
  expect(readVectors(answer(data, { usage: { prompt_tokens: 7 } }), 2, 2)).toEqual({
    vectors: [base64(1, 0.5), base64(0.25, -1)],
    promptTokens: 7,
  })
})

test('without an index the order is that of the answer, without counts they are zero', () => {
  const data = [{ embedding: [1] }, { embedding: [2] }]
  expect(readVectors(answer(data), 2, undefined)).toEqual({ vectors: [base64(1), base64(2)], promptTokens: 0 })
})

test.each([
  ['no JSON', '<html>', 'failed'],
  ['another shape', '{"data":[{"embedding":[null]}]}', 'failed'],
  ['too few', answer([]), 'failed'],
  ['too many', answer([{ embedding: [1] }, { embedding: [1] }]), 'failed'],
  ['empty', answer([{ embedding: [] }]), 'failed'],
  ['half a number', answer([{ embedding: 'AAA=' }]), 'failed'],
  ['no number at all', answer([{ embedding: base64(1, NaN) }]), 'failed'],
  ['a number beyond all floats', answer([{ embedding: [1, 1e39] }]), 'failed'],
  ['longer than asked for', answer([{ embedding: [1, 2, 3] }]), 'unsupported'],
])('%s is a failure', (_name, json, kind) => {
  expect(() => readVectors(json, 1, 2)).toThrow(expect.objectContaining({ name: 'HostFailure', kind }))
})
