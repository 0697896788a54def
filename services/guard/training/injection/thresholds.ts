import { families, type Family } from '../../src/scanners/prompt-injection/family.ts'
import { quantileAbove } from '../metrics.ts'
import type { Row } from '../row.ts'

/**
 * From which sum on a text is an attack, by family of languages. What is rare in training has lower sums, for yes and for
 * no: with one threshold, which English sets, more attacks in other languages are missed.
 */

/** A row, and its sum by a model that has not seen it. */
export interface Judged {
  readonly row: Row
  readonly sum: number
  readonly family: Family
}

/** Share of ordinary texts above the threshold, by networks that know two thirds of the rows; on cold sets it was half of it. */
const ordinaryShare = 0.015

/** With fewer ordinary texts, a family has the threshold of all. */
const textsMin = 300
/** How far below that of all a threshold may be. */
const belowMax = 1.2

export const isAuthored = (row: Row): boolean => row.source.startsWith('authored:')

/** Of the windows of each text, the one that is worth most: a long one has many chances. */
export const highestBy = (judged: readonly Judged[], textOf: (row: Row) => string): Judged[] => {
  const highest = new Map<string, Judged>()
  for (const each of judged) {
    const text = textOf(each.row)
    const known = highest.get(text)
    if (known === undefined || each.sum > known.sum) highest.set(text, each)
  }
  return [...highest.values()]
}

/** Collected, or written as people write: not to be hard, as most of what was written is. */
const isOrdinary = (row: Row): boolean =>
  row.label === 0 && (!isAuthored(row) || /^authored:(?:trial|everyday)-/.test(row.source))

const ordinaryIn = (judged: readonly Judged[]): Judged[] =>
  highestBy(
    judged.filter(({ row }) => isOrdinary(row)),
    row => row.group ?? row.text,
  )

const quantile = (judged: readonly Judged[], share: number): number =>
  quantileAbove(
    judged.map(({ sum }) => sum),
    share,
  )

export interface Thresholds {
  readonly thresholds: Record<Family, number>
  readonly isFlagged: (judged: Judged) => boolean
}

export const thresholdsOf = (judged: readonly Judged[]): Thresholds => {
  const ofAll = quantile(ordinaryIn(judged), ordinaryShare)
  const byFamily = Map.groupBy(judged, ({ family }) => family)
  const thresholdOf = (family: Family): number => {
    const inFamily = byFamily.get(family) ?? []
    const ordinary = ordinaryIn(inFamily)
    if (ordinary.length < textsMin) return ofAll
    return Math.max(ofAll - belowMax, quantile(ordinary, ordinaryShare))
  }
  const thresholds = Object.fromEntries(families.map(family => [family, thresholdOf(family)])) as Record<Family, number>
  return { thresholds, isFlagged: ({ sum, family }) => sum >= thresholds[family] }
}

export const ordinaryFlagged = (judged: readonly Judged[], isFlagged: (judged: Judged) => boolean): number => {
  const ordinary = ordinaryIn(judged)
  return ordinary.filter(isFlagged).length / ordinary.length
}
