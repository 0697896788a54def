import { readingOf } from '../../src/scanners/prompt-injection/reading.ts'
import { windowsOf } from '../../src/scanners/prompt-injection/windows.ts'
import { Subject } from '../../src/text/subject.ts'
import { authoredRows } from '../authored.ts'
import { trainingRows } from '../data.ts'
import type { Row } from '../row.ts'
import type { RowsFrom } from '../task.ts'
import { embeddedRows } from './embedded.ts'

/** What the classifier of injections learns from: windows, as the scanner sees them. */

/** Of a long text, how many windows are learned. */
const windowsMax = 6

/** Different fillings of the same authored templates. */
const fillings = 2

/** Long ordinary prose and technical text: answers of models, collected for other tasks. */
const ordinarySource = 'arena-hard-gpt4'

const ordinaryRows = (dir: string): Row[] =>
  ['refusal', 'toxicity', 'code']
    .flatMap(task => trainingRows(dir, task))
    .filter(({ source }) => source === ordinarySource)
    .map(row => ({ ...row, label: 0 as const }))

/** Lines that documents without an attack have, too. */
type Lines = ReadonlySet<string>

const harmlessLines = (rows: readonly Row[]): Lines =>
  new Set(rows.filter(row => row.label === 0).flatMap(row => row.text.split('\n').map(line => line.trim())))

/** How much of a window is in lines that no harmless document has: where in a document the attack was put. */
const newChars = (raw: string, window: string, harmless: Lines): number =>
  raw
    .split('\n')
    .map(line => line.trim())
    .filter(line => line.length > 12 && !harmless.has(line))
    .reduce((sum, line) => sum + (window.includes(line.toLowerCase().slice(0, 200)) ? line.length : 0), 0)

/** Documents with an attack that are also there without it. */
const isEmbedded = ({ source, label }: Row): boolean => source === 'bipia-train-embedded' && label === 1

const worthOf = (row: Row, window: string, harmless: Lines): number => {
  if (isEmbedded(row)) return newChars(row.text, window, harmless)
  const { patterns, hits } = readingOf(window)
  return patterns.reduce((sum, { odds }) => sum + odds, 0) * 10 + hits.length / 10
}

/** Where the attack is in a long text nobody has noted: where something is new, else in one of where most concepts meet. */
const inWindows = (row: Row, harmless: Lines): Row[] => {
  const views = row.label === 1 ? new Subject(row.text).views : [new Subject(row.text).normal]
  const windows = views.flatMap(({ folded }) => windowsOf(folded).map(({ start, end }) => folded.slice(start, end)))
  if (windows.length === 1) return [{ ...row, text: windows[0] as string }]
  const best = windows.map(text => ({ text, worth: worthOf(row, text, harmless) })).sort((a, b) => b.worth - a.worth)
  const group = row.group ?? row.text
  const weightOf = (count: number): number => (row.weight ?? 1) / count
  if (row.label === 0) {
    const kept = best.slice(0, windowsMax)
    return kept.map(({ text }) => ({ ...row, text, group, weight: weightOf(Math.sqrt(kept.length)) }))
  }
  // Hidden in one view, it is not to be learned from the others.
  const kept = best.slice(0, views.length > 1 || isEmbedded(row) ? 1 : windowsMax)
  return kept.map(({ text }) => ({ ...row, text, group, bag: row.text, weight: weightOf(kept.length) }))
}

/** Attacks that people made, of which there are few, count more than those that were written for drover. */
const realWeight = 3

const collectedRows = (dir: string): Row[] =>
  trainingRows(dir, 'injection').map(row => (row.label === 1 ? { ...row, weight: realWeight } : row))

export const injectionRows = ({ dir, seed }: RowsFrom): Row[] => {
  const known = new Set<string>()
  const authored = Array.from({ length: fillings }, (_, at) => authoredRows('injection', 'train', seed + at)).flat()
  const rows = [...collectedRows(dir), ...ordinaryRows(dir), ...authored].filter(
    ({ text }) => !known.has(text) && known.add(text),
  )
  const harmless = harmlessLines(rows)
  return [...rows, ...embeddedRows(rows)].flatMap(row => inWindows(row, harmless))
}
