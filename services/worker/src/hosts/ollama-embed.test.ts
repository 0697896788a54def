import { describe, expect, test } from 'vitest'
import { readEmbeddings } from './ollama-embed.ts'

test('vectors are told as float32, little-endian, in the order of their inputs', () => {
  const json = '{"embeddings":[[1,-0.5],[0.1,3e-7]],"total_duration":9,"load_duration":4,"prompt_eval_count":7}'
  const { vectors, ...spent } = readEmbeddings(json, 2)
  const floats = vectors.map(vector => {
    const bytes = Buffer.from(vector, 'base64')
    return [bytes.readFloatLE(0), bytes.readFloatLE(4)]
  })
  expect(floats).toEqual([[1, -0.5].map(Math.fround), [0.1, 3e-7].map(Math.fround)])
  expect(spent).toEqual({ promptTokens: 7, totalNs: 9, loadNs: 4 })
})

describe('an answer is a failure of the host', () => {
  test.each([
    ['that is cut', '{"embeddings":[[1'],
    ['of another shape', '{"embedding":[1]}'],
    ['with too few vectors', '{"embeddings":[[1]]}'],
    ['with too many vectors', '{"embeddings":[[1],[1],[1]]}'],
    ['with an empty vector', '{"embeddings":[[1],[]]}'],
    ['with what is no number', '{"embeddings":[[1],["1"]]}'],
    ['with a number beyond all floats', '{"embeddings":[[1],[1e39]]}'],
  ])('%s', (_name, json) => {
    expect(() => readEmbeddings(json, 2)).toThrow(expect.objectContaining({ kind: 'failed' }))
  })
})
