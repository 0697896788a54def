import { array, assert, constantFrom, integer, nat, oneof, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { formOf } from './characters.ts'
import { viewsOf } from './views.ts'

const normalOf = (text: string): string => viewsOf(text)[0]!.text
const inBase64 = (text: string): string => Buffer.from(text).toString('base64')
const inHex = (text: string): string => Buffer.from(text).toString('hex')

/** What tests the views most: pieces of attacks, marks, invisible characters, escapes and encodings, in any order. */
const piece = oneof(
  constantFrom(
    'ignore ',
    'i g n o r e ',
    '1gn0r3 ',
    'erongi ',
    'vtaber ',
    '%69',
    '\\x69',
    '&#105;',
    'оо',
    'ο',
    ' ',
    '\n',
    'İ',
    'ﷺ',
  ),
  constantFrom(
    '\u200B',
    '\u0301',
    '\u0323',
    '\uFE0F',
    '\u{E0069}',
    '\u{E0159}',
    'ﬁ',
    '㌔',
    'Ａ',
    '각',
    '\u1161',
    'ﾞ',
    '\uD83D',
    '\uDE00',
  ),
  string({ unit: 'binary', maxLength: 6 }),
  string({ maxLength: 30 }).map(inBase64),
  string({ maxLength: 30 }).map(inHex),
)
const anyText = array(piece, { maxLength: 24 }).map(pieces => pieces.join(''))

test('every extract of every view comes from a range of the original, in order; lower case has the length of the text', () => {
  assert(
    property(anyText, nat(), nat(), (text, one, other) => {
      const views = viewsOf(text)
      expect(views.length).toBeLessThanOrEqual(12)
      for (const view of views) {
        expect(view.folded).toHaveLength(view.text.length)
        const size = view.text.length + 1
        const [start, end] = [one % size, other % size].sort((a, b) => a - b) as [number, number]
        const range = view.origin(start, end)
        const whole = view.origin(0, view.text.length)
        expect(range.start).toBeGreaterThanOrEqual(0)
        expect(range.end).toBeGreaterThanOrEqual(range.start)
        expect(text.length).toBeGreaterThanOrEqual(range.end)
        if (start < end) {
          expect(range.start).toBeGreaterThanOrEqual(whole.start)
          expect(range.end).toBeLessThanOrEqual(whole.end)
        }
      }
    }),
    { numRuns: 3000 },
  )
})

const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}]|\u0640|[\u064B-\u0652]|\u0670|(?![\s\u0085])\p{Cc}/gu

const byDefinition = (text: string): string => text.replaceAll(invisible, '').normalize('NFKC')

const letters =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}\p{Script=Georgian}\p{Script=Latin}]/u

test('the normal view is what stripping and NFKC of the whole text give', () => {
  const unit = oneof(
    integer({ min: 0x20, max: 0xd7_ff }).map(it => String.fromCharCode(it)),
    constantFrom('\u200B', '\u0301', '\u0323', '\u1161', '\u11A8', '\u1100', 'ﾞ', 'ｶ', '\u093C', '\u0928', '가'),
  )
  const text = array(
    unit.filter(it => formOf(it.charCodeAt(0)) === it.normalize('NFKC') && !letters.test(it.normalize('NFKC'))),
    { maxLength: 30 },
  ).map(it => it.join(''))
  assert(
    property(text, it => {
      expect(normalOf(it)).toBe(byDefinition(it))
    }),
    { numRuns: 5000 },
  )
})

test('the normal view of a text without anything special is the text itself', () => {
  const words = array(constantFrom('hello', 'Tôi', '学习', 'привет', 'مرحبا', '안녕', 'カタカナ', '42', '😀', 'ΑΒΓ'), {
    maxLength: 20,
  })
  assert(
    property(words, constantFrom(' ', ', ', '\n', '。', '… '), (it, separator) => {
      const text = it.join(separator)
      const [normal] = viewsOf(text)
      expect(normal!.text).toBe(text)
      expect(normal!.origin(0, text.length)).toEqual({ start: 0, end: text.length })
    }),
  )
})
