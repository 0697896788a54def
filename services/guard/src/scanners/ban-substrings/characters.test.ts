import { expect, test } from 'vitest'
import { classOf, continuesWord, joins, lettersFromJoining, normalForm, zeroWidth } from './characters.ts'

const everyCharacter = Array.from({ length: 0x11_00_00 }, (_, point) => point)
  .filter(point => point < 0xd8_00 || point > 0xdf_ff)
  .map(point => String.fromCodePoint(point))

const is = (bit: number, character: string): boolean => (classOf(character.codePointAt(0) as number) & bit) !== 0
const shown = (characters: string[]): string[] => characters.map(it => (it.codePointAt(0) as number).toString(16))

test('every character that composes with the one before it, or is reordered among marks, counts as joining', () => {
  const second = everyCharacter
    .filter(it => it.normalize('NFC') === it)
    .flatMap(it => Array.from(it.normalize('NFD')).slice(1))
  expect(shown([...new Set(second)].filter(it => !is(joins, it)))).toEqual([])

  const reordered = everyCharacter.filter(
    it => it.normalize('NFD') === it && `a${it}\u0334\u0345${it}`.normalize('NFD') !== `a${it}\u0334\u0345${it}`,
  )
  expect(reordered.length).toBeGreaterThan(800)
  expect(shown(reordered.filter(it => !is(joins, it)))).toEqual([])
})

test('the view of a letter begins with no joining character, and only three joining ones become letters', () => {
  const views = everyCharacter.filter(it => !is(zeroWidth, it)).map(it => [it, normalForm(it, true)] as const)
  expect(shown(views.filter(([it, view]) => !is(joins, it) && is(joins, view)).map(([it]) => it))).toEqual([])
  const becoming = views.filter(([it, view]) => is(joins, it) && Array.from(view).some(part => !is(joins, part)))
  expect(shown(becoming.map(([it]) => it))).toEqual(['345', 'e33', 'eb3'])
  expect(becoming.every(([, view]) => lettersFromJoining.test(view))).toBe(true)
})

test('normalising shows no new zero-width character and is done in one pass', () => {
  const normal = everyCharacter.filter(it => !is(zeroWidth, it)).map(it => [it, normalForm(it, true)] as const)
  expect(
    shown(normal.filter(([, view]) => Array.from(view).some(part => is(zeroWidth, part))).map(([it]) => it)),
  ).toEqual([])
  expect(shown(normal.filter(([, view]) => normalForm(view, true) !== view).map(([it]) => it))).toEqual([])
})

test('a mark never changes whether the letter under it continues a word', () => {
  const composed = everyCharacter.filter(it => it.normalize('NFC') === it && it.normalize('NFD') !== it)
  const changed = composed.filter(
    it => continuesWord(it.codePointAt(0) as number) !== continuesWord(it.normalize('NFD').codePointAt(0) as number),
  )
  expect(shown(changed)).toEqual([])
})

test.each([
  ['ＳＥＣＲＥＴ', 'secret'],
  ['Straße', 'strasse'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['ﬁ', 'fi'],
  ['e\u0301', '\u00E9'],
  ['İ', 'i\u0307'],
])('%s is compared as %s', (text, view) => {
  expect(normalForm(text, true)).toBe(view)
})
