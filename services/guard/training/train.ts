import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { LinearModel, type ModelName } from '../src/model/linear.ts'
import { encodeModel, type Model } from '../src/model/model-file.ts'
import { Subject } from '../src/text/subject.ts'
import { authoredRows } from './authored.ts'
import { modelCard, type ScoredRow } from './card.ts'
import { problemOf, trainingRows } from './data.ts'
import { fit } from './fit.ts'
import { metricsOf } from './metrics.ts'
import type { Row } from './row.ts'
import type { OwnTask, RowsFrom, Task, Trained } from './task.ts'
import { tasks } from './tasks.ts'

/** `npm run train:guard -- --data DIR [--task NAME]… [--seed N]`: makes `models/*.bin` and their cards again. */

const usage = `npm run train:guard -- --data DIR [--task NAME]... [--seed N]
  --data   the folder with <task>.train.jsonl.gz (it is not part of the repository)
  --task   ${tasks.map(task => task.name).join(', ')}; all of them if absent`

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const folder = new URL('../models/', import.meta.url)

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      task: { type: 'string', multiple: true },
      seed: { type: 'string', default: '1' },
    },
  })
  const unknown = (values.task ?? []).filter(name => !tasks.some(task => task.name === name))
  const seed = Number(values.seed)
  const problem =
    problemOf(values.data) ??
    (unknown.length > 0 ? `there is no task ${unknown.join(', ')}` : undefined) ??
    (Number.isSafeInteger(seed) ? undefined : '--seed must be a whole number')
  if (values.data === undefined || problem !== undefined) {
    process.stderr.write(`${problem}\n${usage}\n`)
    return 1
  }
  for (const task of tasks) {
    if (values.task === undefined || values.task.includes(task.name)) await write(task, { dir: values.data, seed })
  }
  return 0
}

const write = async (task: OwnTask | Task, from: RowsFrom): Promise<void> => {
  const startedAt = performance.now()
  say(task.name)
  const trained = 'train' in task ? await task.train(from, say) : train(task, from)
  const card = modelCard(trained)
  writeFileSync(fileOf(task.name, 'bin'), trained.file)
  writeFileSync(fileOf(task.name, 'card.md'), card)
  const { recall, falsePositiveRate, auc } = metricsOf(trained.dev)
  say(
    `  dev: recall ${recall.toFixed(3)}, false positives ${falsePositiveRate.toFixed(4)}, AUC ${auc.toFixed(3)}; ` +
      `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`,
  )
}

const train = (task: Task, from: RowsFrom): Trained => {
  const rows = task.rows(from)
  const yes = rows.filter(row => row.label === 1).length
  say(`  ${rows.length} rows, ${yes} of them yes`)
  const { model, epochs, heldOutRows } = fit(task, rows, from.seed, say)
  const { spec } = model.header
  return {
    name: task.name,
    file: encodeModel(model),
    about: `A linear model over hashed n-grams: ${spec.chars.join(' to ')} characters, up to ${spec.words} words, 2^${spec.bits} buckets of one byte.
Longer texts are judged by windows of ${spec.windowChars} characters. Made by \`npm run train:guard -- --data DIR --task ${task.name} --seed ${from.seed}\`:
FTRL logistic regression, ${epochs} epochs, ${heldOutRows} of ${rows.length} rows held out by groups for early stopping and the threshold.`,
    rows,
    dev: scored(task, model, devRowsOf(task, from)),
    limits: task.limits,
  }
}

const fileOf = (name: ModelName, ending: string): URL => new URL(`${name}.${ending}`, folder)

const devRowsOf = (task: Task, from: RowsFrom): Row[] =>
  task.devRows?.(from) ?? [...trainingRows(from.dir, task.name, 'dev'), ...authoredRows(task.name, 'aside', from.seed)]

const scored = (task: Task, file: Model, rows: readonly Row[]): ScoredRow[] => {
  const model = new LinearModel(file)
  return rows.flatMap(row => {
    if (row.label === undefined) return []
    const subject = new Subject(row.text)
    const text = task.text?.(subject) ?? subject.normal.folded
    return [{ row, label: row.label, score: model.scoreWindows(text, task.marks?.(subject)).score }]
  })
}

process.exitCode = await main()
