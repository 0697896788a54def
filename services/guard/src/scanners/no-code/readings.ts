import { blank, digit, newline, type Cursor } from './cursor.ts'
import { readBackslash, readDollar, type Reading } from './formulas.ts'
import { tokens } from './tokens.ts'

/** What begins with an operator and is one thing: a string, a path, a comment, an option, a tag. */

type Reader = (cursor: Cursor, at: number) => Reading | undefined

const spanCharsMax = 300
const apostrophe = 0x27
const backtick = 0x60
const backslash = 0x5c
const slash = 0x2f
const dot = 0x2e
const hyphen = 0x2d

const reading = (token: number, end: number, signs: number): Reading => ({ token, end, signs })

/** `"…"`, `'…'` on one line. */
const readQuoted: Reader = (cursor, at) => {
  const quote = cursor.code(at)
  if (quote === apostrophe && at > 0 && cursor.isWord(at - 1)) return undefined
  let blanks = 0
  let end = at + 1
  const last = Math.min(cursor.text.length, at + spanCharsMax)
  for (; end < last && cursor.code(end) !== quote; end += 1) {
    const kind = cursor.kind(end)
    if (kind === newline) return undefined
    if (cursor.code(end) === backslash) end += 1
    else if (kind === blank) blanks += 1
  }
  if (end >= last || (quote === apostrophe && cursor.isWord(end + 1))) return undefined
  return reading(blanks > 0 ? tokens.quotation : tokens.string, end + 1, 0)
}

/** A span of code within prose; it is judged by itself. */
const readSpan: Reader = (cursor, at) => {
  let end = at + 1
  const last = Math.min(cursor.text.length, at + spanCharsMax)
  while (end < last && cursor.code(end) !== backtick && cursor.kind(end) !== newline) end += 1
  return end < last && cursor.code(end) === backtick && end > at + 1 ? reading(tokens.codeSpan, end + 1, 0) : undefined
}

const toLineEnd = (cursor: Cursor, from: number): number => {
  let end = from
  while (cursor.kind(end) !== newline) end += 1
  return end
}

const pathEnds = new Set(Array.from(`"'\`,;)>`, each => each.charCodeAt(0)))

const readPath: Reader = (cursor, at) => {
  let end = at
  while (!cursor.isBlank(end) && !pathEnds.has(cursor.code(end))) end += 1
  return reading(tokens.path, end, 1)
}

/** `//…`, `/usr/bin`, the rest of an address; not `and/or`. */
const readSlash: Reader = (cursor, at) => {
  const isDouble = cursor.code(at + 1) === slash
  if (isDouble && at > 0 && cursor.code(at - 1) === 0x3a) {
    let end = at
    while (!cursor.isBlank(end)) end += 1
    return reading(tokens.address, end, 0)
  }
  const apart = at === 0 || cursor.isBlank(at - 1)
  if (isDouble && (apart || !cursor.isWord(at - 1))) return reading(tokens.comment, toLineEnd(cursor, at), 1)
  return apart && cursor.isWord(at + 1) ? readPath(cursor, at) : undefined
}

/** `./run`, `../x`. */
const readDots: Reader = (cursor, at) => {
  const to = cursor.code(at + 1) === dot ? at + 2 : at + 1
  if (cursor.code(to) !== slash || (at > 0 && cursor.isWord(at - 1))) return undefined
  return readPath(cursor, at)
}

/** `-x`, `--long-name`, after a blank. */
const readHyphen: Reader = (cursor, at) => {
  if (cursor.commanding || (at > 0 && cursor.kind(at - 1) !== blank)) return undefined
  let end = cursor.code(at + 1) === hyphen ? at + 2 : at + 1
  if (!cursor.isAscii(end)) return undefined
  while (cursor.isWord(end) || cursor.code(end) === hyphen) end += 1
  return reading(tokens.option, end, 1)
}

/** `@Override`, `@media`; not `a@b`. */
const readAt: Reader = (cursor, at) => {
  if ((at > 0 && cursor.isWord(at - 1)) || !cursor.isLetter(at + 1)) return undefined
  return reading(tokens.annotation, at + 1, cursor.begun ? 0 : 1)
}

const directive =
  /^(?:!|\[|(?:include|define|undef|if|ifdef|ifndef|else|elif|endif|pragma|import|lang|version|error|line)\b)/

/** `#include`, `#!`, `#[`; not `# Heading`, `#1` nor `#hashtag`. */
const readHash: Reader = (cursor, at) =>
  !cursor.begun && directive.test(cursor.text.slice(at + 1, at + 9)) ? reading(tokens.directive, at + 1, 1) : undefined

/** `<div`, `</div`, `<!--`, `<?xml`. */
const readLess: Reader = (cursor, at) => {
  const next = cursor.code(at + 1)
  if (next === slash && cursor.isLetter(at + 2)) return reading(tokens.tagClose, at + 2, 1)
  if (!cursor.isLetter(at + 1) && next !== 0x21 && next !== 0x3f) return undefined
  return at > 0 && cursor.isWord(at - 1) ? undefined : reading(tokens.tagOpen, at + 1, 1)
}

/** By their first characters. */
const readers: ReadonlyMap<number, Reader> = new Map(
  (
    [
      ['"', readQuoted],
      ["'", readQuoted],
      ['`', readSpan],
      ['$', readDollar],
      ['\\', readBackslash],
      ['/', readSlash],
      ['.', readDots],
      ['-', readHyphen],
      ['@', readAt],
      ['#', readHash],
      ['<', readLess],
    ] as const
  ).map(([character, reader]) => [character.charCodeAt(0), reader]),
)

/** Undefined if the operator at `at` stands for itself. */
export const readOperator = (cursor: Cursor, at: number): Reading | undefined =>
  readers.get(cursor.code(at))?.(cursor, at)

/** `0x1f`, `3.14`, `1,000`, `5kg`. */
export const readNumber = (cursor: Cursor, at: number): Reading => {
  let end = at + 1
  if (cursor.code(at) === 0x30 && (cursor.code(end) | 0x20) === 0x78) {
    end += 1
    while (cursor.isWord(end)) end += 1
    return reading(tokens.hex, end, 1)
  }
  while (cursor.kind(end) === digit || (isInnerMark(cursor.code(end)) && cursor.kind(end + 1) === digit)) end += 1
  let letters = 0
  for (; cursor.isAscii(end); end += 1) letters += 1
  return reading(letters > 3 ? tokens.withDigits : tokens.number, end, 0)
}

const isInnerMark = (code: number): boolean => code === dot || code === 0x2c
