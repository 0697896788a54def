import { readFileSync } from 'node:fs'
import { segmentsOf } from '../../src/scanners/no-code/segments.ts'
import { shapeOf } from '../../src/scanners/no-code/shape.ts'
import { trainingRows } from '../data.ts'
import { shareOf } from '../random.ts'
import type { Row } from '../row.ts'
import type { RowsFrom, Task } from '../task.ts'

/**
 * Code or prose, by the shape of a line or a few: what the scanner judges while an answer comes. So that is what is
 * learned: every row is cut as the scanner cuts, into single lines and runs of lines.
 */

/** Snippets by language, and prose by kind that looks like code: written for drover, so with a file format of its own. */
interface Authored {
  readonly snippets: Readonly<Record<string, readonly string[]>>
  readonly prose: Readonly<Record<string, readonly string[]>>
}

const authored = (): Authored =>
  JSON.parse(readFileSync(new URL('../authored/code.json', import.meta.url), 'utf8')) as Authored

/** Of what nothing in it could be code: it is judged in fences only. */
const plainShare = 0.2

/** Lines of a run. */
const runs = [1, 2, 4]
const fence = /^ {0,12}(?:```|~~~)/

const authoredCodeRows = (): Row[] => {
  const { snippets, prose } = authored()
  const rows = (byKind: Readonly<Record<string, readonly string[]>>, label: 0 | 1): Row[] =>
    Object.entries(byKind).flatMap(([kind, texts]) =>
      texts.map(text => ({ text, label, lang: label === 1 ? 'zxx' : 'en', source: `authored:${kind}`, group: kind })),
    )
  return [...rows(snippets, 1), ...rows(prose, 0)]
}

/** Some answers have code outside of fences: those are left out. */
const unfenced =
  /^\s*(?:[{}\]]|<[!/]?[a-z]|#!|def |import |declare |\w{1,60} = \w{1,60}\(|[\w.]{1,60}\(.{0,200}\)\s*[:;{]?$|\w{1,60} ?= ?[[{"]|\w{1,60}\.php)|[;{]\s*$|\[\w{1,60} [-+] \d\]/m

/** The prose of whole answers: what is outside of their fences. */
const proseOfAnswers = (dir: string): Row[] =>
  trainingRows(dir, 'refusal').map(row => ({ ...row, label: 0 as const, text: withoutFences(row.text) }))

/** Prose of other tasks that is written carelessly: hashtags, shouting, lists of choices. */
const otherSources: Readonly<Record<string, readonly string[]>> = {
  injection: ['llm-warden', 'banking77', 'deepset-train', 'jglue', 'multijail'],
  toxicity: ['mlma', 'davidson', 'paradetox', 'curse-ko', 'kocohub', 'cold'],
}
const otherShare = 0.15

const otherProse = (dir: string): Row[] =>
  Object.entries(otherSources).flatMap(([name, sources]) =>
    trainingRows(dir, name)
      .filter(row => sources.includes(row.source) && shareOf(row.text) < otherShare)
      .map(row => ({ ...row, label: 0 as const })),
  )

const withoutFences = (text: string): string => {
  let inside = false
  return text
    .split('\n')
    .filter(line => {
      const isFence = fence.test(line)
      if (isFence) inside = !inside
      return !inside && !isFence
    })
    .join('\n')
}

/** Single lines and runs of lines of a row. */
const pieces = (row: Row): Row[] => {
  const segments = segmentsOf(row.text)
  const group = row.group ?? row.text.slice(0, 200)
  const whole = runs.flatMap(count =>
    segments.flatMap((_, at) => {
      const run = segments.slice(at, at + count)
      return run.length === count && run.every(each => each.trim() !== '') ? [run.join('')] : []
    }),
  )
  const texts = [...new Set([...whole, ...(row.text.length <= 600 ? [row.text] : [])])]
  const judged = texts.filter(text => shapeOf(text).signs > 0 || shareOf(text) < plainShare)
  return judged.map(text => ({ ...row, text, group, weight: 1 / Math.sqrt(judged.length) }))
}

/** A comment or a closing bracket alone tells nothing. */
const tells = (text: string): boolean => /[a-z0-9]/i.test(text) && !/^\s*(?:#|\/\/|--|;|%|\*|\/\*)\s/.test(text)

const codeRows = ({ dir }: RowsFrom): Row[] =>
  [...trainingRows(dir, 'code'), ...proseOfAnswers(dir), ...otherProse(dir)]
    .filter(row => row.label === 1 || !unfenced.test(row.text))
    .concat(authoredCodeRows())
    .flatMap(pieces)
    .filter(row => row.label === 0 || row.text.includes('\n') || tells(row.text))

export const task: Task = {
  name: 'code',
  features: { bits: 17, chars: [1, 5], words: 0, windowChars: 4_096 },
  rows: codeRows,
  text: subject => shapeOf(subject.raw).text,
  falsePositives: 0.01,
  balance: 0.3,
  l1: 0.005,
  l2: 0.01,
  epochsMax: 25,
  limits: 'Judges shapes of lines, not of whole texts; a formula in plain text looks like an assignment.',
}
