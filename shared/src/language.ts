import { franc } from 'franc'

/** The languages drover answers people in. */
export const languages = ['en', 'zh', 'vi', 'ja', 'ko', 'ru', 'ar'] as const

export type Language = (typeof languages)[number]

/** A language shows early; this bounds the time (3 µs for a short question, at most 1 ms). */
const charsMax = 2_000

/** Code and addresses are English-looking in every language. An unclosed fence reaches to the end. */
const notProse = /```[^]*?(?:```|$)|`[^`\n]*`|(?:https?:\/\/|www\.)\S+/g

/** The words an English sentence can't do without; names and loan words in other languages are not among them. */
const notVietnamese =
  'the is are was what how who why where when does did of and for with this that i you please means have had would'
const alsoVietnamese = 'to in my say mean can'

const onlyEnglish = new Set(notVietnamese.split(' '))
const english = new Set([...onlyEnglish, ...alsoVietnamese.split(' ')])

/** Characters that modern Japanese does without. */
const onlyChinese = /[你您们們吗嗎呢吧这這么麼谁说說请让译为对时过还个]/

/** The detected language never decides what a text may say: it words refusals, so a wrong guess is a discourtesy. */
export const detectLanguage = (text: string): Language => {
  const prose = text.slice(0, charsMax).normalize('NFC').replaceAll(notProse, ' ')
  const count = (script: RegExp): number => prose.match(script)?.length ?? 0
  const kana = count(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu)
  const han = count(/\p{Script=Han}/gu)
  const latin = count(/\p{Script=Latin}/gu)

  const byScript: [Language, number][] = [
    [isJapanese(kana, han, prose) ? 'ja' : 'zh', kana + han],
    ['ko', count(/\p{Script=Hangul}/gu)],
    ['ru', count(/\p{Script=Cyrillic}/gu)],
    ['ar', count(/\p{Script=Arabic}/gu)],
  ]
  const [language, letters] = byScript.reduce((most, next) => (next[1] > most[1] ? next : most))
  const words = prose.match(/[\p{Script=Latin}\p{M}]+/gu) ?? []
  // Beside another script, Latin letters are mostly names and terms: they count if they make a sentence.
  const sentence = words.some(word => english.has(word.toLowerCase()) || vietnameseMark.test(word))
  if (letters > 0 && !(sentence && latin > letters)) return language
  return words.length > 0 && isVietnamese(words) ? 'vi' : 'en'
}

/** One kana in ten is a Japanese headline; kana within Chinese is a quotation. Without any kana, Han reads as Chinese. */
const isJapanese = (kana: number, han: number, prose: string): boolean =>
  kana > 0 && kana * 10 >= han && (kana >= han || !onlyChinese.test(prose))

const vietnameseMark = /[ăđơư\u1EA0-\u1EF9]/i

/** A Vietnamese word, its marks taken off, is one syllable of this form; hardly any English sentence is made of such. */
const syllable = /^(?:ngh?|gh?|gi|qu|[knptc]h|tr|[bcdđhklmnprstvx])?[aeiouy]{1,3}(?:ng|[nc]h|[cmnpt])?$/

const withoutMarks = (word: string): string =>
  word
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/[\u0300-\u0303\u0306\u0309\u031B\u0323]/g, '')

const isSyllable = (word: string): boolean => syllable.test(withoutMarks(word))

const isVietnamese = (words: readonly string[]): boolean => {
  const share = (test: (word: string) => boolean): number => words.filter(test).length / words.length
  const syllables = share(isSyllable)
  const marked = share(word => vietnameseMark.test(word))
  if (marked >= 0.2 && syllables >= 0.5 && !words.some(word => onlyEnglish.has(word.toLowerCase()))) return true
  // Marks that French or Spanish has too, but on words like theirs.
  const accented = share(word => isSyllable(word) && withoutMarks(word) !== word.toLowerCase())
  if (accented > 0.5 || syllables < 0.8) return accented > 0.5
  return accented > 0 || franc(words.join(' '), { minLength: 1, only: ['eng', 'vie'] }) === 'vie'
}
