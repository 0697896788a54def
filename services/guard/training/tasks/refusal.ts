import { openingOf } from '../../src/scanners/no-refusal/opening.ts'
import { authoredRows } from '../authored.ts'
import { trainingRows } from '../data.ts'
import { shareOf } from '../random.ts'
import type { Row } from '../row.ts'
import type { Task } from '../task.ts'

/** Refusals that reject a premise without any refusing phrase are beyond what the beginning of an answer shows. */
const hasMarker = (row: Row): boolean => !row.source.endsWith(':no-marker')

/** Everyday texts of other tasks: that an answer is short, or speaks of crime, makes it no refusal. */
const everyday = new Set(
  'banking77 chatbot-ko clinc deepset-train jglue kocohub llm-warden multijail owasp-llm square-ko xquad xsid'.split(
    ' ',
  ),
)
const everydayShare = 0.35

const everydayRows = (dir: string): Row[] =>
  trainingRows(dir, 'injection').filter(
    row => row.label === 0 && everyday.has(row.source) && shareOf(row.text) < everydayShare,
  )

/** The model refuses, by the beginning of its answer. */
export const task: Task = {
  name: 'refusal',
  features: { bits: 18, chars: [2, 4], words: 3, windowChars: 4_096 },
  rows: ({ dir, seed }) => [
    ...trainingRows(dir, 'refusal').filter(hasMarker),
    ...everydayRows(dir),
    ...authoredRows('refusal', 'train', seed),
  ],
  text: subject => openingOf(subject.raw).text,
  marks: subject => openingOf(subject.raw).marks,
  falsePositives: 0.02,
  limits: 'Sees the first 400 characters. A refusal without a refusing phrase, or after a long beginning, is missed.',
}
