import { expect, test } from 'vitest'
import { jsonPieces } from './json-pieces.ts'

test.each([
  [{}],
  [{ a: undefined }],
  [{ a: [], b: undefined, c: [1] }],
  [
    {
      object: 'list',
      data: [{ index: 0, embedding: [0.5, -1e-9] }, { index: 1 }],
      usage: { total_tokens: 3 },
      n: null,
    },
  ],
])('%j is what JSON.stringify says', async body => {
  expect((await Array.fromAsync(jsonPieces(body))).join('')).toBe(JSON.stringify(body))
})

test('between two items everybody else has a turn', async () => {
  let turns = 0
  const timer = setInterval(() => (turns += 1), 1)
  const vector = Array.from({ length: 4_096 }, () => Math.random())
  let chars = 0
  for await (const piece of jsonPieces({ data: Array.from({ length: 100 }, () => vector) })) chars += piece.length
  clearInterval(timer)
  expect(chars).toBeGreaterThan(4_096_000)
  expect(turns).toBeGreaterThan(10)
})
