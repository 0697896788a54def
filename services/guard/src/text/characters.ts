import { latinOf } from './look-alikes.ts'

/** What the views need to know of single characters, as bits. */

/** Letters of Latin script as languages use them. */
export const latin = 1
/** Letters of another alphabet with letters that look like Latin ones: Cyrillic, Greek, Armenian, Cherokee, Lisu. */
export const alphabetic = 2
/** Letters of Latin script that ordinary words don't have, but that look like ordinary ones: small capitals, phonetic signs. */
export const lookAlike = 4
/** All other letters. */
export const otherLetter = 8
export const digit = 16
/** Stands for a letter in leetspeak. */
export const leetSymbol = 32
/** May change, or attach to, the letter before it: a combining mark, a Hangul vowel or final, a half-width sound mark. */
export const joins = 64
/** Nothing to be seen, or a control character. */
export const invisible = 128
/** Reads as other characters. */
export const compatible = 256
/** Begins an escape such as %20, \x20 and &#32;. */
export const escape = 512
export const upper = 1024
export const hexDigit = 2048
export const ascii = 4096
/** Half of a pair. */
export const surrogate = 8192
/** In a variation selector or tag, which may carry hidden text. */
export const carrier = 16_384
const known = 32_768

export const letter = latin | alphabetic | lookAlike | otherLetter
export const partOfWord = letter | digit | leetSymbol | joins

/** Spaces and line breaks are to be seen. Arabic is read the same without its short vowels, and without being stretched. */
const isInvisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}]|\u0640|[\u064B-\u0652]|\u0670|(?![\s\u0085])\p{Cc}/u
const isJoining = /^[\p{M}\u1161-\u1175\u11A8-\u11C2\u{16D67}]/u
const isAlphabetic =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}\p{Script=Georgian}]/u
const isCarrier = /[\u{E0000}-\u{E007F}]|(?!\p{Script=Mongolian})\p{Variation_Selector}/u

/** Longer forms would let a text grow: U+FDFA has eighteen characters, squared words six. They stay as they are. */
const formCharsMax = 3

const forms = new Map<number, string>()

/** Letters in boxes and circles and on flags, each series from A on: NFKC knows only some. */
const lettersFrom = [0x1_f1_50, 0x1_f1_70, 0x1_f1_e6]

/** Punctuation that Chinese, Japanese and everybody's typewriter have as it is: NFKC would rewrite all of their texts. */
const ordinary = '，！？：；（）～…'

/** What a character reads as. */
export const formOf = (point: number): string => {
  const kept = forms.get(point)
  if (kept !== undefined) return kept
  const character = String.fromCodePoint(point)
  if (ordinary.includes(character)) return character
  const from = lettersFrom.find(it => point >= it && point < it + 26)
  const form = from === undefined ? character.normalize('NFKC') : String.fromCodePoint(0x41 + point - from)
  const short = form.length > formCharsMax ? character : form
  forms.set(point, short)
  return short
}

const letterKind = (point: number, character: string): number => {
  if (!/\p{L}/u.test(character)) return 0
  if (/\p{Script=Latin}/u.test(character)) return latinOf.has(point) ? lookAlike : latin
  return isAlphabetic.test(character) ? alphabetic : otherLetter
}

const classify = (point: number): number => {
  const character = String.fromCodePoint(point)
  const is = (test: RegExp, bit: number): number => (test.test(character) ? bit : 0)
  return (
    known |
    letterKind(point, character) |
    is(/\p{Nd}/u, digit) |
    is(/[@$]/, leetSymbol) |
    is(isInvisible, invisible) |
    is(/[%\\&]/, escape) |
    is(/[A-Z]/, upper) |
    is(/[0-9A-Fa-f]/, hexDigit) |
    is(isCarrier, carrier) |
    is(/[\uD800-\uDFFF]/, surrogate) |
    (point < 0x80 ? ascii : 0) |
    (isJoining.test(character.normalize('NFKD')) ? joins : 0) |
    (formOf(point) === character ? 0 : compatible)
  )
}

/** Two bytes per code point, filled as they are met: 2.2 MB at most, once per process. */
const classes = new Uint16Array(0x11_00_00)

const classed = (point: number): number => (classes[point] = classify(point))

export const classOf = (point: number): number => classes[point] || classed(point)

/** Of the character that begins at a place. */
export const classAt = (text: string, at: number): number => {
  const kind = classOf(text.charCodeAt(at))
  return kind & surrogate ? classOf(text.codePointAt(at) as number) : kind
}

/** In code units. */
export const widthAt = (text: string, at: number): number =>
  classOf(text.charCodeAt(at)) & surrogate && (text.codePointAt(at) as number) > 0xff_ff ? 2 : 1
