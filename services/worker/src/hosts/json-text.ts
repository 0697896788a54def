import { rawJson } from '@drover/shared/raw-json'

/** JSON put together from JSON text and read with its numbers as written, so that integers beyond 2^53 stay exact. */

/** @param members raw JSON text by name; what is undefined is left out. */
export const jsonObject = (members: Readonly<Record<string, string | undefined>>): string => {
  const texts = Object.entries(members).flatMap(([name, json]) =>
    json === undefined ? [] : [`${JSON.stringify(name)}:${json}`],
  )
  return `{${texts.join(',')}}`
}

export const jsonText = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : JSON.stringify(text)

/**
 * For `JSON.stringify` to write out again: every number keeps its digits. Some ten times slower than a plain parse.
 * Throws SyntaxError for what is not JSON, RangeError for what is nested too deeply.
 */
export const parseExactly = (json: string): unknown => JSON.parse(json, exactNumber)

const exactNumber = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && context?.source !== undefined && String(value) !== context.source
    ? rawJson(context.source)
    : value

export const parseOrUndefined = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
