import { isQuote, keyCharacters, nameCharacters } from './characters.ts'
import type { TextScan } from './rule.ts'

/** What follows a name: `KEY=…`, `"key": "…"`, `key => '…'`, `the key is …`, `KEY …`, `KEY-…`. */
export interface Assignment {
  readonly from: number
  readonly to: number
  /**
   * `sign`: = : => := | and the like. `word`: is, was, 是, は, … `comma`, `space`: nothing but that. `joined`: part of
   * the name.
   */
  readonly separator: 'sign' | 'comma' | 'word' | 'space' | 'joined'
  readonly quoted: boolean
}

const nameCharsMax = 64
const gapCharsMax = 32
/** What is between a name and its value, as bits of a table over UTF-16 codes. */
const closing = 1
const opening = 2
const sign = 4

const kinds = new Uint8Array(0x10000)
for (const [bits, characters] of [
  [closing | opening, ' \t\n\v\f\r\u00a0"\'`\\'],
  [closing, ')]'],
  [opening, '([「'],
  [sign, '=:>|：＝'],
] as const) {
  for (const character of characters) kinds[character.charCodeAt(0)] = bits
}

const words =
  /(?:is|was|are|be|to|as|là|es|ist|lautet|est|è|é|это|является|是|为|為|は|が|을|를|은|는|이|هو|هي)[\s:：,，]{1,3}|[是为為はがを은는이가]/iy

const skip = (text: string, from: number, max: number, kind: number): number => {
  const limit = Math.min(text.length, from + max)
  let at = from
  while (at < limit && ((kinds[text.charCodeAt(at)] as number) & kind) !== 0) at++
  return at
}

/** The name goes on: `key` of `key_id`, `keyId`. */
const nameEnd = (scan: TextScan, from: number): number =>
  Math.min(scan.runEnd(nameCharacters, from), from + nameCharsMax)

/** Where the value begins, and what is before it; undefined if nothing is. */
const separatorAt = (text: string, from: number): Pick<Assignment, 'from' | 'separator'> | undefined => {
  let at = skip(text, from, gapCharsMax, closing)
  if (text[at] === '?' && text[at + 1] === '=') at++
  const signsEnd = skip(text, at, 3, sign)
  if (signsEnd > at) return { from: skip(text, signsEnd, gapCharsMax, opening), separator: 'sign' }
  if (text[at] === ',') return { from: skip(text, at + 1, gapCharsMax, opening), separator: 'comma' }
  words.lastIndex = at
  if (words.test(text)) return { from: skip(text, words.lastIndex, gapCharsMax, opening), separator: 'word' }
  at = skip(text, at, gapCharsMax, opening)
  return at > from ? { from: at, separator: 'space' } : undefined
}

const isJoint = (code: number): boolean => code === 0x2d || code === 0x5f

/** What may be the value of the name that ends, or goes on, at `end`. At most two of them. */
export const assignmentsAfter = (scan: TextScan, end: number): Assignment[] => {
  const { text } = scan
  const found: Assignment[] = []
  if (isJoint(text.charCodeAt(end))) {
    const from = isJoint(text.charCodeAt(end + 1)) ? end + 2 : end + 1
    const to = scan.runEnd(nameCharacters, from)
    if (to - from >= 12) found.push({ from, to, separator: 'joined', quoted: false })
  }
  const separated = separatorAt(text, nameEnd(scan, end))
  if (separated) {
    const { from, separator } = separated
    const to = scan.runEnd(keyCharacters, from)
    if (to > from) found.push({ from, to, separator, quoted: isQuote(text.charCodeAt(from - 1)) })
  }
  return found
}
