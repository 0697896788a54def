import { DroverError } from '@drover/shared/errors/drover-error'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exactly, isJsonObject, oneLine, parseJson, quote, toJson } from './json.ts'

const detailOf = (text: string): unknown => {
  try {
    return parseJson(text)
  } catch (error) {
    if (error instanceof DroverError && error.code === 'invalid_json') return error.params['detail']
    throw error
  }
}

describe('parseJson', () => {
  test.each([
    ['', 'it is empty'],
    [' \n', 'it is empty'],
    ['{bad', 'syntax error'],
    ['"open', 'syntax error'],
    ['[1] x', 'syntax error'],
    ['['.repeat(65), 'it is nested deeper than 64'],
    ['{"a":'.repeat(65), 'it is nested deeper than 64'],
    [`[${'0,'.repeat(100_000)}0]`, 'it has more than 100000 values'],
    ['[1e999]', 'a number is too large'],
    ['9'.repeat(400), 'a number is too large'],
    ['{"a":{"__proto__":{}}}', 'the key "__proto__" is not allowed'],
    [String.raw`{"\u005f_proto__":{}}`, 'the key "__proto__" is not allowed'],
    ['{"constructor":{"prototype":{}}}', 'the key "constructor.prototype" is not allowed'],
  ])('refuses %.40j: %s', (text, detail) => {
    expect(detailOf(text)).toBe(detail)
  })

  test.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-12345678901234567890', -12345678901234567890n],
    ['1e20', 1e20],
    ['0.5', 0.5],
    [String.raw`"\ud800x"`, '\uFFFDx'],
    [String.raw`"\ud83d\ude00"`, '😀'],
    ['{"a":1,"a":2}', { a: 2 }],
    ['{"constructor":{"type":"string"}}', { constructor: { type: 'string' } }],
    ['"__proto__ [[[ \\" {{{"', '__proto__ [[[ " {{{'],
    ['"\\\\"', '\\'],
    [`${'['.repeat(64)}${']'.repeat(64)}`, expect.anything()],
  ])('reads %s', (text, value) => {
    expect(parseJson(text)).toEqual(value)
  })

  test.each([
    ['opening brackets', '['.repeat(100_000)],
    ['nested lists', '['.repeat(1_000_000) + ']'.repeat(1_000_000)],
    ['backslashes', `"${'\\'.repeat(8_000_000)}`],
    ['small strings', `[${'"",'.repeat(2_000_000)}""]`],
    ['digits', '9'.repeat(8_000_000)],
  ])('refuses megabytes of %s within a second', (_name, text) => {
    const startedAt = performance.now()
    expect(() => parseJson(text)).toThrow(DroverError)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  test('agrees with JSON.parse on everything ordinary, and toJson is its inverse', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
        const text = JSON.stringify(value)
        fc.pre(!text.includes('__proto__'))
        expect(toJson(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)))
      }),
    )
  })

  test('keeps every integer digit for digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 300n), max: 10n ** 300n }), integer => {
        expect(toJson(parseJson(`{"a":[${integer}]}`))).toBe(`{"a":[${integer}]}`)
      }),
    )
  })
})

test('only an object is a JSON object', () => {
  expect(['{}', '{"a":1}', '[]', 'null', '1', '{bad', ''].map(isJsonObject)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ])
})

test.each([
  ['a number no double holds', '{"a":[1e999]}'],
  ['a key that pollutes', '{"a":[{"__proto__":{}}]}'],
  ['two of them', '{"constructor":{"prototype":{}}}'],
  ['too deep', `{"a":${'['.repeat(64)}${']'.repeat(64)}}`],
  ['too many values', `{"a":[${'0,'.repeat(100_000)}0]}`],
])('an object within a text is one that a body could hold: not %s', (_name, text) => {
  expect(isJsonObject(text)).toBe(false)
})

test('texts of objects, each of them bounded, take no seconds together', () => {
  const text = `{"a":[${'1,'.repeat(99_000)}1]}`
  const startedAt = performance.now()
  for (let nth = 0; nth < 40; nth += 1) expect(isJsonObject(text)).toBe(true)
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})

test('exactly keeps the digits of every number for plain JSON.stringify', () => {
  const json = '{"a":12345678901234567890,"b":[1.0,1e2,-0],"c":"12345678901234567890"}'
  expect(JSON.stringify(exactly(json))).toBe(json)
})

test('a quoted text has nothing in it that any reader takes for a line end', () => {
  const text = 'a\n\r\u000B\u000C\u001C\u0085\u2028\u2029b'
  expect(quote(text)).toBe(String.raw`"a\n\r\u000b\f\u001c\u0085\u2028\u2029b"`)
  expect(JSON.parse(quote(text))).toBe(text)
})

test('oneLine takes line ends out of JSON without touching a value', () => {
  const json = '{\r\n  "a": "x\u2028y\\n",\n  "b": 12345678901234567890\n}'
  expect(oneLine(json)).not.toMatch(/[\r\n\u2028]/)
  expect(parseJson(oneLine(json))).toEqual(parseJson(json))
})
