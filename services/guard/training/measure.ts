import { Subject } from '../src/text/subject.ts'
import type { Found, ScanContext } from '../src/scanners/scanner.ts'
import { metricsOf, type Metrics } from './metrics.ts'
import { mutations, type MutationName } from './mutations.ts'
import { hashOf } from './random.ts'
import type { Row } from './row.ts'
import type { Evaluated } from './scanners.ts'

/** One line of the report: a scanner on the rows of one language and one set, or of several of them. */
export interface Measured {
  readonly scanner: string
  readonly direction: string
  readonly lang: string
  readonly set: string
  readonly rows: number
  /** Of those that have a label. */
  readonly metrics: Metrics
  /** Where labels are absent: how many of the rows are above the threshold. */
  readonly yesRate: number
  readonly usPerText: number
  /** Recall when each text is hidden in this way; absent where it makes no sense. */
  readonly recallUnder: Partial<Record<MutationName, number>>
}

/** A row, and which set it belongs to. */
export interface EvalRow extends Row {
  readonly set: string
}

/** Sets of ordinary texts that were collected for other tasks. */
export const ordinarySet = 'ordinary/'

/** Files named so are for a look by themselves: strings that are attacks only in a document. */
const optionalSet = 'optional/'

/** As a model streams. */
const chunkChars = 12

/** Of each language and set, for the mutations. */
const mutatedMax = 150

const defaultThreshold = 0.5

interface Result {
  readonly row: EvalRow
  readonly score: number
  readonly us: number
  readonly under: Partial<Record<MutationName, boolean>>
}

export const measure = (evaluated: Evaluated, rows: readonly EvalRow[]): Measured[] => {
  const groups = Map.groupBy(rows, row => `${row.lang}\n${row.set}`)
  const results = [...groups.values()].flatMap(group => resultsOf(evaluated, group))
  const line = (lang: string, set: string, of: readonly Result[]): Measured => summary(evaluated, lang, set, of)
  const byLang = Map.groupBy(results, ({ row }) => row.lang)
  const ofOrdinary = results.filter(({ row }) => row.set.startsWith(ordinarySet))
  return [
    line('all', 'all', results.filter(counts)),
    ...(ofOrdinary.length === 0 ? [] : [line('all', `${ordinarySet}all`, ofOrdinary)]),
    ...[...byLang]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([lang, ofLang]) => {
        const bySet = [...Map.groupBy(ofLang, ({ row }) => row.set)].sort(([a], [b]) => (a < b ? -1 : 1))
        const sets = bySet.map(([set, of]) => line(lang, set, of))
        return sets.length === 1 ? sets : [line(lang, 'all', ofLang.filter(counts)), ...sets]
      }),
  ]
}

const counts = ({ row }: Result): boolean => !row.set.startsWith(optionalSet)

const resultsOf = (evaluated: Evaluated, rows: readonly EvalRow[]): Result[] => {
  const positives = rows.filter(row => row.label === 1).sort((a, b) => hashOf(a.text) - hashOf(b.text))
  const mutated = new Set(positives.slice(0, mutatedMax))
  return rows.map(row => {
    const startedAt = performance.now()
    const score = scoreOf(evaluated, row.text)
    const us = (performance.now() - startedAt) * 1_000
    return { row, score, us, under: mutated.has(row) ? foundUnder(evaluated, row) : {} }
  })
}

const foundUnder = (evaluated: Evaluated, { text, lang }: Row): Result['under'] =>
  Object.fromEntries(
    evaluated.mutations.flatMap(name => {
      const mutated = mutations[name](text, lang)
      if (mutated === undefined || mutated === text) return []
      return [[name, scoreOf(evaluated, mutated) >= defaultThreshold]]
    }),
  )

const scoreOf = (evaluated: Evaluated, text: string): number => highest(found(evaluated, text))

const highest = (all: readonly Found[]): number => all.reduce((most, { score }) => Math.max(most, score), 0)

const found = ({ scanner, direction }: Evaluated, text: string): readonly Found[] => {
  const context: ScanContext = { direction, checkTime: () => undefined, tally: new Map() }
  if (direction === 'input') return scanner.scan(new Subject(text), context)
  const detector = scanner.stream(context)
  const all: Found[] = []
  for (let at = 0; at < text.length; at += chunkChars) all.push(...detector.push(text.slice(at, at + chunkChars)).found)
  all.push(...detector.end().found)
  return all
}

const summary = ({ name, direction }: Evaluated, lang: string, set: string, results: readonly Result[]): Measured => ({
  scanner: name,
  direction,
  lang,
  set,
  rows: results.length,
  metrics: metricsOf(
    results.flatMap(({ row, score }) => (row.label === undefined ? [] : [{ score, label: row.label }])),
  ),
  yesRate: results.filter(({ score }) => score >= defaultThreshold).length / results.length,
  usPerText: median(results.map(({ us }) => us)),
  recallUnder: recallUnder(results),
})

const recallUnder = (results: readonly Result[]): Measured['recallUnder'] => {
  const names = Object.keys(mutations) as MutationName[]
  return Object.fromEntries(
    names.flatMap(name => {
      const known = results.flatMap(({ under }) => under[name] ?? [])
      return known.length === 0 ? [] : [[name, known.filter(Boolean).length / known.length]]
    }),
  )
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
