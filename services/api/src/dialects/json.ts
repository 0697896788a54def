import { DroverError } from '@drover/shared/errors/drover-error'
import { rawJson } from '@drover/shared/raw-json'

/** JSON as clients and hosts mean it: bounded, safe to merge, and with integers beyond 2^53 kept digit for digit. */

const depthMax = 64

/** A reviver costs about 1 µs per value: 8 MB of zeros would hold the process for four seconds. */
const valuesMax = 100_000

const code = { quote: 34, comma: 44, openList: 91, backslash: 92, closeList: 93, openObject: 123, closeObject: 125 }

/** What a reviver is told of a number beside its value; TypeScript's library does not know it yet. */
interface Source {
  readonly source?: string
}

const invalid = (detail: string): DroverError => new DroverError('invalid_json', { detail })

/**
 * Integers beyond 2^53 arrive as bigint, half surrogate pairs as U+FFFD; of repeated keys the last one wins.
 *
 * @throws DroverError `invalid_json`: not JSON, deeper than 64, more than 100,000 values, a number no double can hold,
 *   or a key that would pollute a prototype where objects are merged.
 */
export const parseJson = (text: string): unknown => {
  assertBounded(text)
  try {
    return JSON.parse(text, revive)
  } catch (error) {
    // V8's message quotes the text, and that may be somebody's prompt.
    if (error instanceof SyntaxError) throw invalid(text.trim() === '' ? 'it is empty' : 'syntax error')
    throw error
  }
}

/**
 * Whether it is an object, and one that `parseJson` would take. Nothing of it is kept, so no reviver is needed: a body may
 * have many such texts, and nobody counts their values together.
 */
export const isJsonObject = (text: string): boolean => {
  try {
    assertBounded(text)
    const value: unknown = JSON.parse(text)
    return isObject(value) && isHarmless(value)
  } catch (error) {
    if (error instanceof DroverError || error instanceof SyntaxError) return false
    throw error
  }
}

/** Recursive: `assertBounded` comes first. */
const isHarmless = (value: unknown): boolean => {
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isHarmless)
  return !isObject(value) || Object.keys(value).every(key => !pollutes(key, value[key]) && isHarmless(value[key]))
}

const pollutes = (key: string, value: unknown): boolean =>
  key === '__proto__' || (key === 'constructor' && isObject(value) && Object.hasOwn(value, 'prototype'))

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isInt64 = (value: unknown): boolean =>
  typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value)

/** The inverse of `parseJson`. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? rawJson(String(item)) : item))

/** For `JSON.stringify` to write out again: every number keeps the digits it has in the text. */
export const exactly = (json: string): unknown =>
  JSON.parse(json, (_key, value: unknown, context?: Source) =>
    typeof value === 'number' && context?.source !== undefined ? rawJson(context.source) : value,
  )

/**
 * Line ends to some readers and not to others: the line splitter of Python's httpx, under the `ollama` client,
 * cuts at each of them. A JSON string may carry them escaped.
 */
const lineSeparator = /[\u0085\u2028\u2029]/
const lineSeparators = /[\u0085\u2028\u2029]/g
const escaped = (separator: string): string => `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A JSON string literal that no reader breaks into lines. */
export const quote = (text: string): string => {
  const json = JSON.stringify(text)
  return lineSeparator.test(json) ? json.replace(lineSeparators, escaped) : json
}

/** JSON text on one line, its tokens untouched: line ends stand between tokens only, separators within strings only. */
export const oneLine = (json: string): string => json.replace(/[\r\n]/g, ' ').replace(lineSeparators, escaped)

const revive = (key: string, value: unknown, context?: Source): unknown => {
  if (pollutes(key, value))
    throw invalid(`the key "${key === '__proto__' ? key : 'constructor.prototype'}" is not allowed`)
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'number') return value
  if (!Number.isFinite(value)) throw invalid('a number is too large')
  const source = context?.source ?? ''
  return !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value
}

/** Before any parsing, because V8's reviver recurses. One pass; strings are skipped at `indexOf` speed. */
const assertBounded = (text: string): void => {
  let depth = 0
  let values = 1
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case code.quote:
        at = endOfString(text, at)
        break
      case code.comma:
        values++
        break
      case code.openList:
      case code.openObject:
        depth++
        values++
        break
      case code.closeList:
      case code.closeObject:
        depth--
        break
    }
    if (depth > depthMax) throw invalid(`it is nested deeper than ${depthMax}`)
    if (values > valuesMax) throw invalid(`it has more than ${valuesMax} values`)
  }
}

const endOfString = (text: string, start: number): number => {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end
}

const isEscaped = (text: string, at: number): boolean => {
  let from = at
  while (text.charCodeAt(from - 1) === code.backslash) from--
  return (at - from) % 2 === 1
}
