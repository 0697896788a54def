import { franc } from 'franc'
import { hanEvidence } from './han.ts'
import { hasVietnameseMark, vietnameseness } from './vietnamese.ts'

/** The languages drover answers people in. */
export const languages = ['en', 'zh', 'vi', 'ja', 'ko', 'ru', 'ar'] as const

export type Language = (typeof languages)[number]

/** A language shows early; this bounds the time. */
const charsMax = 2000
const wordsMax = 48

/** Code and addresses are English-looking in every language. An unclosed fence reaches to the end. */
const notProse = /```[^]*?(?:```|$)|`[^`\n]*`|(?:https?:\/\/|www\.)\S+/g
const mayHoldSuch = /[`]|:\/\/|www\./

/** The words an English sentence can't do without; names and loan words in other languages are not among them. */
const sentenceWords = new Set(
  'the is are was what how who why where when does did of and for with this that i you please means have had would to in my say mean can'.split(
    ' ',
  ),
)

const none = 0
const latin = 1
const mark = 2
const kana = 3
const han = 4
const hangul = 5
const cyrillic = 6
const arabic = 7

const ranges: readonly (readonly [script: number, first: number, last: number])[] = [
  [latin, 0x41, 0x5a],
  [latin, 0x61, 0x7a],
  [latin, 0xc0, 0xd6],
  [latin, 0xd8, 0xf6],
  [latin, 0xf8, 0x2_af],
  [mark, 0x3_00, 0x3_6f],
  [cyrillic, 0x4_00, 0x5_2f],
  [arabic, 0x6_20, 0x6_5f],
  [arabic, 0x6_6e, 0x6_ff],
  [arabic, 0x7_50, 0x7_7f],
  [arabic, 0x8_a0, 0x8_ff],
  [hangul, 0x11_00, 0x11_ff],
  [latin, 0x1e_00, 0x1e_ff],
  [han, 0x2e_80, 0x2f_df],
  [han, 0x30_05, 0x30_07],
  [kana, 0x30_41, 0x30_96],
  [kana, 0x30_99, 0x30_fa],
  [kana, 0x30_fc, 0x30_ff],
  [hangul, 0x31_30, 0x31_8f],
  [kana, 0x31_f0, 0x31_ff],
  [han, 0x34_00, 0x4d_bf],
  [han, 0x4e_00, 0x9f_ff],
  [hangul, 0xa9_60, 0xa9_7f],
  [hangul, 0xac_00, 0xd7_ff],
  // High surrogates of the planes that have nothing but Chinese characters.
  [han, 0xd8_40, 0xd8_8d],
  [han, 0xf9_00, 0xfa_ff],
  [arabic, 0xfb_50, 0xfd_ff],
  [arabic, 0xfe_70, 0xfe_fe],
  [latin, 0xff_21, 0xff_3a],
  [latin, 0xff_41, 0xff_5a],
  [kana, 0xff_66, 0xff_9f],
  [hangul, 0xff_a0, 0xff_dc],
]

/** By code unit. */
const scripts = new Uint8Array(0x1_00_00)
for (const [script, first, last] of ranges) scripts.fill(script, first, last + 1)

interface Letters {
  /** How many of each script. */
  readonly counts: readonly number[]
  /** The first ones in Latin letters. */
  readonly words: readonly string[]
  /** Of the first letter. */
  readonly script: number
}

const lettersOf = (text: string): Letters => {
  const counts = [0, 0, 0, 0, 0, 0, 0, 0]
  const words: string[] = []
  let first = none
  let start = -1
  for (let at = 0; at <= text.length; at += 1) {
    const script = at < text.length ? (scripts[text.charCodeAt(at)] as number) : none
    counts[script] = (counts[script] as number) + 1
    if (script === latin || script === mark) {
      if (start < 0) start = at
    } else if (start >= 0) {
      if (words.length < wordsMax) words.push(text.slice(start, at))
      start = -1
    }
    if (first === none) first = script
  }
  return { counts, words, script: first }
}

const proseOf = (text: string): string => {
  const beginning = text.slice(0, charsMax)
  return mayHoldSuch.test(beginning) ? beginning.replaceAll(notProse, ' ') : beginning
}

/** The detected language never decides what a text may say: it words refusals, so a wrong guess is a discourtesy. */
export const detectLanguage = (text: string): Language => {
  const given = proseOf(text)
  const read = lettersOf(given)
  const decomposed = (read.counts[mark] as number) > 0
  const prose = decomposed ? given.normalize('NFC') : given
  const { counts, words, script } = decomposed ? lettersOf(prose) : read
  const count = (of: number): number => counts[of] as number

  const [language, letters] = mostOf(prose, count)
  // Beside another script, Latin letters are mostly names and terms: they count if they make a sentence.
  const latinMin = script === latin ? letters : 2 * letters
  if (letters > 0 && !(count(latin) > latinMin && isSentence(words))) return language
  return isVietnamese(words) ? 'vi' : 'en'
}

const mostOf = (prose: string, count: (script: number) => number): readonly [Language, number] => {
  const japaneseOrChinese = count(kana) + count(han)
  const byScript: [Language, number][] = [
    ['ko', count(hangul)],
    ['ru', count(cyrillic)],
    ['ar', count(arabic)],
  ]
  const most = byScript.reduce((best, next) => (next[1] > best[1] ? next : best))
  if (japaneseOrChinese < most[1] || japaneseOrChinese === 0) return most
  return [isJapanese(count(kana), count(han), prose) ? 'ja' : 'zh', japaneseOrChinese]
}

/** One kana in ten is a Japanese headline; kana within Chinese is a quotation. */
const isJapanese = (kanas: number, hans: number, prose: string): boolean => {
  if (kanas > 0 && kanas >= hans) return true
  const seen = hanEvidence(prose)
  if (kanas * 10 < hans) return seen.japanese > seen.chinese
  return seen.chinese * 4 <= kanas + 4 * seen.japanese
}

const isSentence = (words: readonly string[]): boolean =>
  words.some(word => sentenceWords.has(word.toLowerCase()) || hasVietnameseMark(word))

/** Where the first words leave no doubt, the others are not asked. */
const doubtMax = 12

const isVietnamese = (words: readonly string[]): boolean => {
  let sum = 0
  let told = false
  for (const word of words) {
    const weight = vietnameseness(word)
    told ||= weight !== 0
    sum += weight
    if (Math.abs(sum) > doubtMax) break
  }
  // Words that no list has, or that both languages have: their letters decide.
  return told ? sum > 0.25 : franc(words.join(' '), { minLength: 1, only: ['eng', 'vie'] }) === 'vie'
}
