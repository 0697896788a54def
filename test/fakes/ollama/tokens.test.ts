import { describe, expect, test } from 'vitest'
import { answer, echoPieces, embedding, seedOf, thinkingTokens, token } from './tokens.ts'

describe('tokens', () => {
  test('an answer is its tokens, the same every time', () => {
    const tokens = Array.from({ length: 50 }, (_, index) => token(7, index))
    expect(answer(7, 50)).toBe(tokens.join(''))
    expect(answer(7, 50)).toBe(answer(7, 50))
    expect(answer(7, 60).startsWith(answer(7, 50))).toBe(true)
  })

  test('other seeds give other answers, also above 2^32 and below 0', () => {
    const seeds = [0, 1, 2, -1, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER]
    expect(new Set(seeds.map(seed => answer(seed, 30))).size).toBe(seeds.length)
  })

  test('no token is empty, and an answer has characters of one to four bytes', () => {
    const tokens = Array.from({ length: 2_000 }, (_, index) => token(1, index))
    expect(tokens.every(text => text.length > 0)).toBe(true)
    const sizes = new Set(Array.from(tokens.join(''), character => Buffer.byteLength(character)))
    expect(sizes).toEqual(new Set([1, 2, 3, 4]))
  })

  test('thinking differs from the answer', () => {
    expect(thinkingTokens(7)).toEqual(thinkingTokens(7))
    expect(thinkingTokens(7).join('')).not.toBe(answer(7, 4))
  })

  test('echo pieces are one to four whole characters and join to the text', () => {
    const text = 'naïve 河流 🙂👩‍🌾 the end'
    const pieces = echoPieces(3, text)
    expect(pieces.join('')).toBe(text)
    expect(pieces.every(piece => Array.from(piece).length <= 4 && piece.isWellFormed())).toBe(true)
    expect(echoPieces(4, text)).not.toEqual(pieces)
    expect(echoPieces(3, '')).toEqual([])
  })

  test('an embedding is a unit vector of its text', () => {
    expect(embedding('a', 8)).toEqual(embedding('a', 8))
    expect(embedding('a', 8)).not.toEqual(embedding('b', 8))
    expect(Math.hypot(...embedding('a', 8))).toBeCloseTo(1, 5)
    expect(seedOf('a')).not.toBe(seedOf('b'))
  })
})
