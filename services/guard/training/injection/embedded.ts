import { hashOf, pick, randomFrom, shareOf, type Random } from '../random.ts'
import type { Row } from '../row.ts'

/**
 * Short rows again, put into a text: what an attack looks like in the middle of a document. Harmless rows too, or that
 * something stands in a document would itself be a sign.
 */

const shortCharsMax = 300
const contextCharsMin = 150
/** A window, about. */
const totalChars = 240
/** How many of the short rows, by label. */
const shares = [0.2, 0.3] as const

/** Ordinary prose by language; English for the languages that have none. */
const contextsOf = (rows: readonly Row[]): ReadonlyMap<string, readonly string[]> => {
  const prose = rows.filter(
    row => row.label === 0 && !row.source.startsWith('authored:') && row.text.length >= contextCharsMin,
  )
  return new Map([...Map.groupBy(prose, row => row.lang)].map(([lang, of]) => [lang, of.map(row => row.text)]))
}

const embed = (text: string, contexts: readonly string[], random: Random): string => {
  const left = Math.max(80, totalChars - text.length)
  const before = Math.floor(left * pick([0, 0.5, 0.5, 1], random))
  const separator = pick(['\n', '\n\n', ' '], random)
  const parts = [pick(contexts, random).slice(0, before), text, pick(contexts, random).slice(0, left - before)]
  return parts.filter(part => part !== '').join(separator)
}

export const embeddedRows = (rows: readonly Row[]): Row[] => {
  const contexts = contextsOf(rows)
  const english = contexts.get('en') ?? []
  return rows.flatMap(row => {
    if (row.text.length > shortCharsMax || shareOf(`embedded ${row.text}`) >= shares[row.label ?? 0]) return []
    const random = randomFrom(hashOf(row.text))
    const text = embed(row.text, contexts.get(row.lang) ?? english, random)
    return [{ ...row, text, group: row.group ?? row.text }]
  })
}
