import { languages, type ConceptHit } from './concept-hits.ts'

/**
 * Languages that share a threshold: by script, and where many languages share one, by letters and words. It is about what the
 * model has learned from, not about the text: a mistake is no worse than a threshold for all.
 */

export const families = [
  'english',
  'latin',
  'vietnamese',
  'cyrillic',
  'arabic',
  'han',
  'kana',
  'hangul',
  'other',
] as const
export type Family = (typeof families)[number]

const indexOf = (family: Family): number => families.indexOf(family)

const ofScript: readonly (readonly [Family, RegExp])[] = [
  ['vietnamese', /[đơưĐƠƯ\u1ea0-\u1ef9]/u],
  ['latin', /\p{Script=Latin}/u],
  ['cyrillic', /\p{Script=Cyrillic}/u],
  ['arabic', /\p{Script=Arabic}/u],
  ['han', /\p{Script=Han}/u],
  ['kana', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['hangul', /\p{Script=Hangul}/u],
  ['other', /\p{L}/u],
]

const none = families.length
const [latin, vietnamese, han, kana] = (['latin', 'vietnamese', 'han', 'kana'] as const).map(indexOf) as [
  number,
  number,
  number,
  number,
]

const classes = Uint8Array.from({ length: 0x1_00_00 }, (_, code) => {
  const found = ofScript.find(([, letters]) => letters.test(String.fromCharCode(code)))
  return found === undefined ? none : indexOf(found[0])
})

/** Names and commands in Latin letters stand in all texts, and a Latin word has more letters than others. */
const latinShare = 0.25
/** Japanese has Chinese characters, too. */
const kanaShare = 0.1
const vietnameseShare = 0.04

const counts = new Uint32Array(families.length + 1)

const mostOf = (text: string): number => {
  counts.fill(0)
  for (let at = 0; at < text.length; at++) {
    const family = classes[text.charCodeAt(at)] as number
    counts[family] = (counts[family] as number) + 1
  }
  const countOf = (family: number): number => counts[family] as number
  const latinLetters = countOf(latin) + countOf(vietnamese)
  const ofLatin = countOf(vietnamese) > vietnameseShare * latinLetters ? vietnamese : latin
  const ofHan = countOf(kana) > kanaShare * (countOf(kana) + countOf(han)) ? kana : han
  counts[latin] = 0
  counts[vietnamese] = 0
  counts[ofLatin] = latinLetters * latinShare
  counts[ofHan] = countOf(kana) + countOf(han)
  let most = ofLatin
  for (let family = 0; family < none; family++) if (countOf(family) > countOf(most)) most = family
  return most
}

const english = 1 << languages.indexOf('en')

/** Whether English has as much of the hits as what is in other languages only. */
const isEnglish = (hits: readonly ConceptHit[]): boolean => {
  let balance = 0
  for (const { spoken, start, end } of hits) balance += (spoken & english) === 0 ? start - end : end - start
  return balance >= 0
}

export const familyOf = (text: string, hits: readonly ConceptHit[]): Family => {
  const family = families[mostOf(text)] as Family
  return family === 'latin' && isEnglish(hits) ? 'english' : family
}
