import { assignmentsAfter, type Assignment } from './assignment.ts'
import { isLetter, isLower, isUpper, isWhite, keyCharacters, passwordCharacters } from './characters.ts'
import { isPlaceholder } from './placeholder.ts'
import { entropy, generated, isDigest, isUuid, shapeOf } from './randomness.ts'
import type { Rule, TextScan } from './rule.ts'
import { keyWords, passwordWords } from './words.ts'

/** Values next to words for credentials, whoever issued them. */

const address = /:\/\/|^[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}\//

/** Longer values are judged by their beginning. */
const judgedCharsMax = 256
const nameCharsBefore = 16
/** In 64 characters. */
const namesMax = 6
const contextCharsBefore = 48
const wordsBetweenMax = 3
const wordCharsMax = 24

/** `key` is a word of `API_KEY`, `apiKey`, `boxKEY`; it is none of `monkey`, `keyboard`. */
const isWord = (text: string, start: number, end: number): boolean => {
  const first = text.charCodeAt(start)
  const last = text.charCodeAt(end - 1)
  if (first > 0x7f) return true
  const before = start > 0 ? text.charCodeAt(start - 1) : 0
  const after = end < text.length ? text.charCodeAt(end) : 0
  if (isLetter(before) && (isLower(first) || (isUpper(before) && isUpper(last) && isLower(after)))) return false
  return !isLetter(after) || (isLower(last) && isUpper(after)) || (after | 0x20) === 0x73
}

const trimmed = (text: string, from: number, to: number): number => {
  let end = to
  while (end > from && '.:!?*|'.includes(text[end - 1] as string)) end--
  return end
}

/** `api_key`, `secretKey`; a mere `user_key` may be the name of a record. */
const saysSecret = /(?:api|access|secret|private|auth|license|token|passw|cred|密|トークン|토큰|токен)[\w-]{0,16}$/i

/** As frameworks make up their keys: letters, digits and marks of all kinds. Patterns have as many. */
const isNoise = (value: string): boolean => {
  if (/^[/^]|\\/.test(value)) return false
  const { digits, lower, upper } = shapeOf(value)
  const marks = value.match(/[!@#$%^&*+=~?|]/g) ?? []
  return digits >= 2 && lower + upper >= 4 && new Set(marks).size >= 3 && entropy(value) >= 3.8
}

/** Of a value that was given a name with a sign. */
const scoreOfNamed = (value: string, quoted: boolean): number => {
  const surely = generated(value)
  if (surely > 0) return surely === 2 ? 0.9 : 0.7
  if (quoted && value.length >= 20 && isNoise(value)) return 0.7
  const { digits, lower, upper, length, marks } = shapeOf(value)
  if (digits === length) return length >= 24 && new Set(value).size >= 6 ? 0.5 : 0
  return digits >= 4 && lower + upper >= 2 && length >= (quoted ? 12 : 14) && marks === 0 ? 0.5 : 0
}

/** Only words in capitals say that a bare number in hexadecimal is more than a checksum. */
const isLoud = (name: string): boolean => /(?:[A-Z]{3}|key|token|secret)s?$/.test(name)
/** What is shown to everybody, or computed from what is. */
const isPublic = /public|gpg|pgp|fingerprint|keyserver|recv-|commit|sha-?\d|md5|hash|digest|checksum|etag/i

const scoreOfKey = (value: string, { separator, quoted }: Assignment, name: string): number => {
  if (isUuid(value)) return separator === 'joined' || !saysSecret.test(name) ? 0 : 0.7
  if (separator === 'sign') return scoreOfNamed(value, quoted)
  const surely = generated(value)
  if (separator === 'comma') return quoted && surely === 2 && value.length >= 16 ? 0.7 : 0
  if (separator === 'joined')
    return surely === 2 && value.length >= 16 ? 0.7 : surely === 1 && value.length >= 20 ? 0.6 : 0
  if (address.test(value) || (separator === 'space' && isDigest(value) && !isLoud(name))) return 0
  if (surely === 2 && value.length >= 16) return separator === 'word' ? 0.8 : 0.7
  return surely === 1 && value.length >= 20 ? 0.6 : 0
}

/** In prose a name is often followed by a few words before the value comes. */
const afterWords = (scan: TextScan, from: number): { from: number; to: number } | undefined => {
  const { text } = scan
  let at = from
  for (let words = 0; words <= wordsBetweenMax; words++) {
    const to = scan.runEnd(keyCharacters, at)
    if (to - at >= 20) return { from: at, to }
    if (to - at > wordCharsMax) return undefined
    at = to
    let gap = 0
    while (gap < 3 && (isWhite(text.charCodeAt(at)) || text[at] === ':')) {
      at++
      gap++
    }
    if (gap === 0) return undefined
  }
  return undefined
}

/** Between quotes, all of it is the value. */
const keyEnd = (scan: TextScan, { from, to, quoted }: Assignment): number =>
  quoted ? scan.runEnd(passwordCharacters, from) : trimmed(scan.text, from, to)

const keyRule: Rule = {
  keywords: keyWords,
  at(scan, start, end) {
    const { text } = scan
    if (!scan.mayTry(keyWords, start, namesMax)) return
    const word = isWord(text, start, end)
    if (!word && isLetter(text.charCodeAt(end))) return
    const assignments = assignmentsAfter(scan, end)
    for (const assignment of assignments) {
      const { from, separator } = assignment
      const to = keyEnd(scan, assignment)
      if (to - from < 10 || !scan.mayTry(keyRule, to)) continue
      const value = text.slice(from, Math.min(to, from + judgedCharsMax))
      const score = scoreOfKey(value, assignment, text.slice(Math.max(0, start - nameCharsBefore), end))
      // `mykey=` is a name when what follows is a value beyond doubt, `monkey` else.
      if (score < (word ? 0.1 : 0.7) || (!word && separator !== 'sign') || isPlaceholder(value)) continue
      if (isDigest(value) && isPublic.test(text.slice(Math.max(0, start - contextCharsBefore), end))) continue
      scan.report('generic-api-key', from, to, score)
      return
    }
    const last = assignments.at(-1)
    if (!word || (last?.separator !== 'space' && last?.separator !== 'word')) return
    // The same words are looked through once, however many names are before them.
    const later = scan.mayTry(afterWords, last.to) && afterWords(scan, last.to + 1)
    if (!later) return
    const to = trimmed(text, later.from, later.to)
    const value = text.slice(later.from, Math.min(to, later.from + judgedCharsMax))
    if (generated(value) === 2 && !isUuid(value) && !isDigest(value) && !address.test(value) && !isPlaceholder(value))
      scan.report('generic-api-key', later.from, to, 0.6)
  },
}

/** A path, or what points to an element of a page. */
const locator = /^[#./]|\w\/\w|\w#\w{4}/

const scoreOfPassword = (value: string, { separator, quoted }: Assignment): number => {
  const { length, digits, marks, lower, upper } = shapeOf(value)
  const letters = lower + upper
  const mixed = letters > 0 && (digits > 0 || /[!@#$%^&*?+=~]/.test(value))
  if (separator === 'sign') {
    if (mixed && marks <= letters + digits) return 0.8
    if (digits === length) return 0.5
    return quoted && letters === length && lower === length && length >= 8 ? 0.5 : 0
  }
  if (separator === 'word') return mixed && digits > 0 && marks <= letters + digits ? 0.7 : 0
  return separator === 'space' && generated(value) === 2 && !isDigest(value) ? 0.7 : 0
}

/** A password has no end of its own: what a format puts after it is not part of it. */
const passwordEnd = (scan: TextScan, { from, quoted }: Assignment): number => {
  const { text } = scan
  let end = scan.runEnd(passwordCharacters, from)
  if (quoted) return end
  const next = /[;&,][\w.\s-]{1,32}=|[,;)\]}]{1,8}$|\\n/.exec(text.slice(from, Math.min(end, from + judgedCharsMax)))
  if (next) end = from + next.index
  return trimmed(text, from, end)
}

const passwordRule: Rule = {
  keywords: passwordWords,
  at(scan, start, end) {
    const { text } = scan
    const after = text.charCodeAt(end)
    if (end < text.length && isLetter(after) && text.charCodeAt(start) < 0x80 && !isUpper(after)) return
    if (!scan.mayTry(passwordWords, start, namesMax)) return
    const assignment = assignmentsAfter(scan, end).find(each => each.separator !== 'joined')
    if (!assignment) return
    const to = passwordEnd(scan, assignment)
    if (to - assignment.from < 6 || !scan.mayTry(passwordRule, to)) return
    const value = text.slice(assignment.from, Math.min(to, assignment.from + judgedCharsMax))
    // A call, a path of names, a piece of markup.
    if (!assignment.quoted && /[(){}[\]\\]|^\w{1,64}\.\w|=>|:\/\//.test(value)) return
    const score = scoreOfPassword(value, assignment)
    if (score > 0 && !locator.test(value) && !isPlaceholder(value)) scan.report('password', assignment.from, to, score)
  },
}

export const credentialRules: readonly (readonly [id: string, rule: Rule])[] = [
  ['generic-api-key', keyRule],
  ['password', passwordRule],
]
