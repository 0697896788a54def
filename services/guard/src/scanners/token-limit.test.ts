import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { Subject } from '../text/subject.ts'
import type { Found, ScanContext } from './scanner.ts'
import { tokenLimit } from './token-limit.ts'

interface Plain {
  countTokens(text: string, options: object): number
  encode(text: string, options: object): number[]
  decode(tokens: number[]): string
}
const plain = createRequire(import.meta.url)('gpt-tokenizer/cjs/encoding/cl100k_base') as Plain
const asText = { disallowedSpecial: new Set<string>() }

const context = (): ScanContext => ({ direction: 'input', checkTime: () => undefined, tally: new Map() })
const scan = (text: string, tokensMax: number, within = context()): readonly Found[] =>
  tokenLimit({ tokensMax, encoding: 'cl100k_base', action: 'block' }).scan(new Subject(text), within)

/** Nothing of a character that is not complete is left in the decoder. */
const decodedFirst = (tokens: number[], count: number): string => {
  const text = plain.decode(tokens.slice(0, count))
  plain.decode(tokens.slice(count))
  return text
}

const ordinary = [
  'The quick brown fox jumps over the lazy dog. It costs 1,234.50 euros, doesn’t it?\n\nYes — and `code()` too.',
  'function add(a, b) {\n  return a + b // 42\n}\n\n\texport default add\n',
  '今天天气很好，我们去公园散步吧。你觉得怎么样？',
  'Привет! Как дела? Сегодня 15 градусов.',
  '안녕하세요, 오늘 날씨가 좋네요. 東京は雨です。',
  'مرحبا بالعالم، كيف حالك اليوم؟',
  'Emoji 👩‍👩‍👧 and 😀😀 and <|endoftext|> as text',
]

describe('counting', () => {
  test.each([...ordinary, `${ordinary.join(' ')}\n`.repeat(40)])('counts as the encoding does: %s', text => {
    const within = context()
    const bytes = Buffer.byteLength(text)
    expect(scan(text, bytes - 1, within)).toEqual([])
    expect(within.tally.get('TokenLimit')).toBe(plain.countTokens(text, asText))
  })

  test('exactly as many as allowed is not too much, one more is', () => {
    const text = ordinary.join('\n')
    const tokens = plain.countTokens(text, asText)
    expect(scan(text, tokens)).toEqual([])
    expect(scan(text, tokens - 1)).toHaveLength(1)
  })

  test('texts of one request count together', () => {
    const within = context()
    const scanner = tokenLimit({ tokensMax: 10, encoding: 'cl100k_base', action: 'block' })
    expect(scanner.scan(new Subject('one two three four five six'), within)).toEqual([])
    expect(scanner.scan(new Subject(' one two three four five six'), within)).toEqual([
      { rule: 'tokens', start: ' one two three four'.length, end: 28, score: 1 },
    ])
    expect(scanner.scan(new Subject('more'), within)).toEqual([{ rule: 'tokens', start: 0, end: 4, score: 1 }])
    expect(scanner.scan(new Subject(''), within)).toEqual([])
  })
})

test.each(ordinary)('what is left is whole tokens and whole characters: %s', text => {
  const tokens = plain.encode(text, asText)
  for (let max = 1; max < tokens.length; max++) {
    const [over] = scan(text, max)
    const left = text.slice(0, over?.start)
    expect(over?.end).toBe(text.length)
    expect(left.isWellFormed()).toBe(true)
    expect(plain.countTokens(left, asText)).toBeLessThanOrEqual(max)
    expect(left).toBe(decodedFirst(tokens, max))
  }
})

test.each(['a', ' ', '中', '!', '😀', '\ud800', '<|endoftext|>', '\n ', '1', 'zq'])(
  'a megabyte of %j is cut in time',
  piece => {
    const text = piece.repeat(Math.ceil(1_048_576 / piece.length))
    const from = performance.now()
    const [over] = scan(text, 8_000)
    expect(performance.now() - from).toBeLessThan(2_000)
    expect(over?.start).toBeGreaterThan(0)
  },
)

test('a request of fewer bytes than tokens are allowed is not encoded', () => {
  const within = context()
  expect(scan('word '.repeat(100), 500, within)).toEqual([])
  expect(within.tally.has('TokenLimit')).toBe(false)
})

test('both encodings are there', () => {
  expect(
    tokenLimit({ tokensMax: 1, encoding: 'o200k_base', action: 'block' }).scan(new Subject('hi there'), context()),
  ).toHaveLength(1)
})
