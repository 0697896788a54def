import { foldConfusables } from './confusables.ts'
import { decodedText } from './encoded.ts'
import { withoutEscapes } from './escapes.ts'
import { hiddenText } from './hidden.ts'
import { inLetters } from './leet.ts'
import { inReverse, inRot13, isReversed, isRotated } from './mirrored.ts'
import { normalForm } from './normal-form.ts'
import { sameOffsets, through, type Origin, type Range, type Reading } from './offsets.ts'
import { signsOf, type Signs } from './signs.ts'
import { withoutGaps } from './spaced.ts'

/** Other readings of a text: what somebody who hides words from a scanner relies on the model to see. */

export type ViewKind = 'normal' | 'spaced' | 'leet' | 'tags' | 'base64' | 'hex' | 'percent' | 'rot13' | 'reversed'

export interface View {
  readonly kind: ViewKind
  readonly text: string
  /** `text` in lower case, of the same length. */
  readonly folded: string
  /** Which part of the original an extract of `text` comes from. */
  origin(start: number, end: number): Range
}

/** Each costs the scanners another look. */
const viewsMax = 12
/** A reading of a reading. */
const depthMax = 2
/** What is longer is not read again: a payload is short, and the time has a bound. */
const nestedCharsMax = 65_536

/** U+0130 is the one character that lower case makes longer. */
const inLowerCase = (text: string): string => {
  const folded = text.toLowerCase()
  return folded.length === text.length ? folded : text.replaceAll('\u0130', 'I').toLowerCase()
}

interface Normal extends Reading {
  readonly signs: Signs
}

const composed = (raw: string, signs: Signs): Normal => {
  const same = { text: raw, origin: sameOffsets, signs }
  if (!signs.unusual && !signs.joined) return same
  const reading = normalForm(raw)
  return reading.text === raw ? same : { ...reading, signs: signsOf(reading.text) }
}

/** The same string for ordinary text. */
const normalOf = (raw: string, signs: Signs): Normal => {
  const normal = composed(raw, signs)
  if (!normal.signs.mixed) return normal
  const text = foldConfusables(normal.text)
  return text === normal.text ? normal : { text, origin: normal.origin, signs: signsOf(text) }
}

type Derived = readonly [ViewKind, Reading]

const present = (kind: ViewKind, reading: Reading | undefined): Derived[] => (reading ? [[kind, reading]] : [])

/** The other readings that there are signs of. */
const derivedFrom = ({ text, signs }: Normal): Derived[] => {
  const decoded = signs.encoded ? decodedText(text) : []
  return [
    ...(signs.spaced ? present('spaced', withoutGaps(text)) : []),
    ...(signs.escaped ? present('percent', withoutEscapes(text)) : []),
    ...decoded,
    // What is written in base64 looks like leetspeak, too.
    ...(signs.leet && decoded.length === 0 ? present('leet', inLetters(text)) : []),
    ...(signs.mirrored & isRotated ? present('rot13', inRot13(text)) : []),
    ...(signs.mirrored & isReversed ? present('reversed', inReverse(text)) : []),
  ]
}

const addViews = (views: View[], kind: ViewKind, raw: string, origin: Origin, depth: number): void => {
  if (views.length >= viewsMax) return
  const signs = signsOf(raw)
  const normal = normalOf(raw, signs)
  const normalOrigin = through(origin, normal.origin)
  views.push({ kind, text: normal.text, folded: inLowerCase(normal.text), origin: normalOrigin })
  if (depth > 0 && (depth >= depthMax || raw.length > nestedCharsMax)) return
  if (signs.hidden) addDerived(views, present('tags', hiddenText(raw)), origin, depth)
  addDerived(views, derivedFrom(normal), normalOrigin, depth)
}

const addDerived = (views: View[], derived: readonly Derived[], origin: Origin, depth: number): void => {
  for (const [kind, reading] of derived) addViews(views, kind, reading.text, through(origin, reading.origin), depth + 1)
}

/** The normal view first, then whichever others there is a sign of. */
export const viewsOf = (raw: string): readonly View[] => {
  const views: View[] = []
  addViews(views, 'normal', raw, sameOffsets, 0)
  return views
}
