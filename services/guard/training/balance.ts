import { shareOf } from './random.ts'
import type { Row } from './row.ts'

/** How many times as much as on average a row of a rare kind may count. */
const weightMax = 20

const count = <T>(values: readonly T[], keyOf: (value: T) => string, amountOf: (value: T) => number) => {
  const sums = new Map<string, number>()
  for (const value of values) sums.set(keyOf(value), (sums.get(keyOf(value)) ?? 0) + amountOf(value))
  return sums
}

/**
 * What each row counts: big sources less per row, and in every language that has both labels as much for yes as for no,
 * so that the language itself says nothing.
 */
export const balancedWeights = (rows: readonly Row[], balance: number, positiveWeight: number): Float64Array => {
  const cellOf = (row: Row): string => `${row.source} ${row.lang} ${row.label}`
  const cells = count(rows, cellOf, () => 1)
  const bySource = rows.map(row => 1 / (cells.get(cellOf(row)) as number) ** balance)
  const indices = rows.map((_, index) => index)
  const sides = count(
    indices,
    index => `${rows[index]?.lang} ${rows[index]?.label}`,
    index => bySource[index] as number,
  )
  const weights = Float64Array.from(bySource, (weight, index) => {
    const { lang, label, weight: ownWeight = 1 } = rows[index] as Row
    const other = sides.get(`${lang} ${1 - (label ?? 0)}`)
    const own = sides.get(`${lang} ${label}`) as number
    return weight * ownWeight * Math.sqrt((other ?? own) / own)
  })
  return normalised(rows, weights, positiveWeight)
}

/** Mean 1, and as much for all yes (times `positiveWeight`) as for all no. */
const normalised = (rows: readonly Row[], weights: Float64Array, positiveWeight: number): Float64Array => {
  const totalOf = (label: 0 | 1): number =>
    weights.reduce((sum, weight, index) => sum + (rows[index]?.label === label ? weight : 0), 0)
  const half = rows.length / 2
  const [no, yes] = [half / totalOf(0), (half * positiveWeight) / totalOf(1)]
  return weights.map((weight, index) => Math.min(weightMax, weight * (rows[index]?.label === 1 ? yes : no)))
}

const shingleWords = 4

/** Rows that say nearly the same mostly get the same group: that of the smallest of their shingles' hashes. */
const groupOf = (row: Row): string => {
  if (row.group !== undefined) return row.group
  const words = row.text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const units = words.length < shingleWords * 2 ? Array.from(row.text.toLowerCase()) : words
  const size = units === words ? shingleWords : shingleWords * 2
  let smallest = Infinity
  for (let at = 0; at === 0 || at + size <= units.length; at += 1) {
    smallest = Math.min(smallest, shareOf(units.slice(at, at + size).join(' ')))
  }
  return String(smallest)
}

/** Whether each row is held out from training, for early stopping and for the threshold; by group. */
export const heldOut = (rows: readonly Row[], share: number, seed: number): boolean[] =>
  rows.map(row => shareOf(`${seed} ${groupOf(row)}`) < share)
