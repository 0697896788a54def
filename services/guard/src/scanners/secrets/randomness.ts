import { isDigit, isLower, isUpper } from './characters.ts'

const counts = new Uint16Array(128)

/** Bits per character; of the first 65,535. */
export const entropy = (text: string): number => {
  counts.fill(0)
  const length = Math.min(text.length, 0xffff)
  for (let at = 0; at < length; at++) {
    const slot = text.charCodeAt(at) & 0x7f
    counts[slot] = (counts[slot] as number) + 1
  }
  let sum = 0
  for (const count of counts) if (count > 1) sum += count * Math.log2(count)
  return length === 0 ? 0 : Math.log2(length) - sum / length
}

export interface Shape {
  readonly length: number
  readonly lower: number
  readonly upper: number
  readonly digits: number
  /** Everything else. */
  readonly marks: number
  /** How often a letter follows a digit or a digit a letter. */
  readonly turns: number
  /** How often the case changes from one letter to the next. */
  readonly caseTurns: number
  /** The longest run of consonants: five are rare in names. */
  readonly consonants: number
  readonly hex: boolean
}

const vowels = new Set(Array.from('aeiouy', each => each.charCodeAt(0)))
const isVowel = (code: number): boolean => vowels.has(code | 0x20)
const isHex = (code: number): boolean => isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66)

export const shapeOf = (text: string): Shape => {
  let lower = 0
  let upper = 0
  let digits = 0
  let turns = 0
  let caseTurns = 0
  let consonants = 0
  let run = 0
  let hex = true
  let last = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const kind = isLower(code) ? 1 : isUpper(code) ? 2 : isDigit(code) ? 3 : 0
    if (kind === 1) lower++
    else if (kind === 2) upper++
    else if (kind === 3) digits++
    if (kind !== 0 && last !== 0 && kind !== last) {
      if (kind === 3 || last === 3) turns++
      else caseTurns++
    }
    run = (kind === 1 || kind === 2) && !isVowel(code) ? run + 1 : 0
    if (run > consonants) consonants = run
    if (!isHex(code) && code !== 0x2d) hex = false
    last = kind
  }
  const marks = text.length - lower - upper - digits
  return { length: text.length, lower, upper, digits, marks, turns, caseTurns, consonants, hex }
}

const wordVowels = new Set(Array.from('aeiou', each => each.charCodeAt(0)))
const wordCharsMin = 3
const wordCharsMax = 14

/**
 * `X509WorkloadIdentity`, `order_items_2023`, `SIGNATURE_LENGTH`: mostly words that can be spoken, and few digits. A
 * word is in lower case but for its first letter, or between other characters in upper case.
 */
const isIdentifier = (text: string, { length, digits, marks }: Shape): boolean => {
  if (digits > length * 0.2) return false
  let spoken = 0
  let from = 0
  let voiced = false
  let last = 0
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0
    const kind = isLower(code) ? 1 : isUpper(code) ? 2 : 0
    if (kind === 0 || (kind === 2 && last === 1) || (kind === 1 && last === 2 && at - from > 1)) {
      if (voiced && at - from >= wordCharsMin && at - from <= wordCharsMax) spoken += at - from
      from = kind === 0 ? at + 1 : at
      voiced = false
    }
    if (kind !== 0 && wordVowels.has(code | 0x20)) voiced = true
    last = kind
  }
  return spoken >= (length - marks - digits) * 0.7
}

const uuid = /^[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}$/i

export const isUuid = (text: string): boolean => text.length === 36 && uuid.test(text)

/** What git, checksums and fingerprints look like; and many keys. */
export const isDigest = (text: string): boolean =>
  /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9A-F]{40})$/.test(text)

/**
 * Whether a machine made it up: 2 surely, 1 perhaps, 0 not. Keys mix letters and digits or cases; names and words keep
 * them apart.
 */
export const generated = (text: string): 0 | 1 | 2 => {
  if (text.length < 10) return 0
  const shape = shapeOf(text)
  const { length, digits, lower, upper, turns, caseTurns, marks, consonants } = shape
  const letters = lower + upper
  if (letters < 2 || marks > length / 3) return 0
  if (shape.hex && digits >= 3 && length >= 16) return isUuid(text) ? 1 : 2
  if (isIdentifier(text, shape)) return 0
  if (digits === 0) {
    if (length < 20 || marks > 3 || upper < 3 || lower < 3) return 0
    return caseTurns >= length * 0.42 || (consonants >= 5 && caseTurns >= length / 4) ? 1 : 0
  }
  if (digits < 2 && caseTurns + turns < length / 4) return 0
  const bits = entropy(text)
  if (bits < 2.8) return 0
  if (length >= 16 && turns >= 3 && turns + caseTurns >= length / 8) return 2
  if (length >= 20 && turns + caseTurns >= length / 4) return 2
  if (length >= 12 && turns >= 3) return 1
  return length >= 20 && marks <= length / 8 && bits >= 3.5 ? 1 : 0
}
