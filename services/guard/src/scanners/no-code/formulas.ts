import { isWordClass, lower, newline, type Cursor } from './cursor.ts'
import { tokens } from './tokens.ts'
import { formulaCommands, formulaEnvironments } from './vocabulary.ts'

/** Mathematics within prose: `$…$`, `\(…\)`, `\[…\]`, `\frac`. It is one token, and no sign of code. */

/** What was read: its token, where it ends, and how much of a sign of code it is. */
export interface Reading {
  readonly token: number
  readonly end: number
  readonly signs: number
}

const formulaCharsMax = 400
const nameCharsMax = 16
const dollar = 0x24
const backslash = 0x5c

const formula = (end: number): Reading => ({ token: tokens.formula, end, signs: 0 })

/** `\[` or `$$` on a line of its own: the formula is on the next ones. */
const isMark = (cursor: Cursor, at: number): boolean => !cursor.begun && cursor.kind(at + 2) === newline

/** `$x`, `${x}`, `$(`, `$1`, and `$…$` if it is a formula; not `$5`. */
export const readDollar = (cursor: Cursor, at: number): Reading | undefined => {
  const between = formulaBetween(cursor, at, cursor.code(at + 1) === dollar ? 2 : 1)
  if (between) return between
  const next = cursor.code(at + 1)
  if (next === dollar && isMark(cursor, at)) return formula(at + 2)
  if (cursor.isAscii(at + 1) || next === 0x5f) {
    let end = at + 1
    while (isWordClass(cursor.kind(end)) || cursor.code(end) === 0x5f) end += 1
    return { token: tokens.variable, end, signs: 1 }
  }
  if (cursor.isWord(at + 1) || cursor.isBlank(at + 1)) return undefined
  return { token: tokens.variable, end: at + 1, signs: 1 }
}

const formulaBetween = (cursor: Cursor, at: number, width: number): Reading | undefined => {
  const from = at + width
  if (from <= cursor.unclosed) return undefined
  const last = Math.min(cursor.text.length, from + formulaCharsMax)
  let tex = width === 2
  let end = from
  for (; end < last && cursor.code(end) !== dollar; end += 1) {
    const code = cursor.code(end)
    if (code === 0x22 || code === 0x3b || (code === 0x0a && width === 1)) return undefined
    if (code === 0x5e || (code === backslash && cursor.kind(end + 1) === lower)) tex = true
  }
  if (end >= last) {
    cursor.unclosed = last
    return undefined
  }
  const isLetter = end - from === 1 && cursor.isLetter(from)
  return tex || isLetter ? formula(end + width) : undefined
}

/** Mathematics, or any other `\name` of TeX. */
export const readBackslash = (cursor: Cursor, at: number): Reading | undefined => {
  const next = cursor.code(at + 1)
  if ((next === 0x5b || next === 0x5d) && isMark(cursor, at)) return formula(at + 2)
  if (next === 0x28) return formulaUntil(cursor, at, 0x29)
  if (next === 0x5b) return formulaUntil(cursor, at, 0x5d)
  if (!cursor.isAscii(at + 1)) return undefined
  let end = at + 2
  while (cursor.isAscii(end)) end += 1
  const name = cursor.text.slice(at + 1, Math.min(end, at + 1 + nameCharsMax))
  const isFormula = formulaCommands.has(name) || (/^(?:begin|end)$/.test(name) && isFormulaEnvironment(cursor, end))
  return isFormula ? formula(end) : { token: tokens.tex, end, signs: 1 }
}

const isFormulaEnvironment = (cursor: Cursor, at: number): boolean => {
  const name = /^\{([a-z]{1,12}\*?)\}/.exec(cursor.text.slice(at, at + nameCharsMax))?.[1]
  return name !== undefined && formulaEnvironments.has(name)
}

const formulaUntil = (cursor: Cursor, at: number, close: number): Reading | undefined => {
  if (at < cursor.unclosed) return undefined
  const last = Math.min(cursor.text.length, at + formulaCharsMax)
  for (let end = at + 2; end < last; end += 1) {
    if (cursor.code(end) === backslash && cursor.code(end + 1) === close) return formula(end + 2)
  }
  cursor.unclosed = last
  return undefined
}
