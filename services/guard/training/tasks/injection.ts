import { decodeWeights, encodeWeights } from '../../src/scanners/prompt-injection/model-file.ts'
import { InjectionModel } from '../../src/scanners/prompt-injection/model.ts'
import { hidden, rowWeights } from '../../src/scanners/prompt-injection/network.ts'
import { certaintyOf, scanInjection } from '../../src/scanners/prompt-injection/scan.ts'
import { Subject } from '../../src/text/subject.ts'
import { authoredRows } from '../authored.ts'
import type { ScoredRow } from '../card.ts'
import { trainingRows } from '../data.ts'
import { fitInjection, type FittedInjection } from '../injection/fit.ts'
import { injectionRows } from '../injection/rows.ts'
import type { OwnTask, RowsFrom } from '../task.ts'

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const aboutOf = ({ weights, unseen }: FittedInjection, windows: number, seed: number): string => {
  const { spec } = weights.wide.header
  return `Two networks with a linear part and one hidden layer, averaged. One has ${hidden} units over hashed n-grams (${spec.chars.join(' to ')} characters,
up to ${spec.words} words, 2^${spec.bits} buckets of ${rowWeights} weights) and marks: the concepts of an attack that a window has, which of them follow
which, and the rules that fire. The other has the marks only: it holds in languages and styles whose words were not
learned. Made by \`npm run train:guard -- --data DIR --task injection --seed ${seed}\` from ${windows} windows of texts (the tables of sources
count windows); of an attack of several windows, from the one that is most certain each time. Each family of languages has a threshold, by cross-validation that leaves out groups of texts and
whole templates: models that have not seen them flag ${percent(unseen.ordinary)} of the ordinary texts and ${percent(unseen.lookAlikes)} of the authored look-alikes, and find ${percent(unseen.recall)}
of the attacks. The figures are those of rules and model together, on whole texts and all their readings.`
}

const scored = ({ weights }: FittedInjection, { dir, seed }: RowsFrom): ScoredRow[] => {
  const model = new InjectionModel(decodeWeights(encodeWeights(weights)))
  const rows = [...trainingRows(dir, 'injection', 'dev'), ...authoredRows('injection', 'aside', seed)]
  return rows.flatMap(row => {
    if (row.label === undefined) return []
    const found = scanInjection(model, new Subject(row.text), () => undefined)
    return [{ row, label: row.label, score: certaintyOf(found) }]
  })
}

/** Tries to override, escape or extract the instructions of a model. */
export const task: OwnTask = {
  name: 'injection',
  async train(from, say) {
    const rows = injectionRows(from)
    say(`  ${rows.length} windows, ${rows.filter(row => row.label === 1).length} of attacks`)
    const fitted = await fitInjection(rows, from)
    return {
      name: 'injection',
      file: encodeWeights(fitted.weights),
      about: aboutOf(fitted, rows.length, from.seed),
      rows,
      dev: scored(fitted, from),
      limits: `An attack in words that are neither in the lexicons nor like those it has learned; an ordinary request that is an attack only
because of where it stands; languages without a lexicon; a text that orders its human reader about in the words of an
attack. No text classifier is a security boundary.`,
    }
  },
}
