import { expect, test } from 'vitest'
import { banning } from './fixtures/guards.ts'
import { readable } from './readable.ts'

const banned = (match: 'substring' | 'word') => banning({ substrings: ['bad word', '12345'], match })

test.each([
  ['a string', '{"a":"a bad word"}'],
  ['a key', '{"a bad word":1}'],
  ['a string within', '{"a":[1,{"b":[null,"a bad word"]}]}'],
  ['a number', '{"a":12345}'],
  ['escaped letters', String.raw`{"a":"\u0062\u0061d word"}`],
  ['an escape before it', String.raw`{"a":"first\nbad word\tlast"}`],
  ['a string that is all', '"bad word"'],
])('a finding in %s is found', (_name, json) => {
  for (const match of ['substring', 'word'] as const) expect(banned(match).scan(readable(json)).verdict).toBe('block')
})

test.each([
  ['two strings', '["a bad","word"]'],
  ['a key and its value', '{"bad":"word"}'],
])('%s make none together', (_name, json) => {
  expect(banned('substring').scan(readable(json)).verdict).toBe('allow')
})

test('however deep it is', () => {
  expect(readable(`${'['.repeat(200_000)}"\\nx"${']'.repeat(200_000)}`).endsWith('\n\nx')).toBe(true)
})
