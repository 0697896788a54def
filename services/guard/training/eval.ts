import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { authoredRows } from './authored.ts'
import { dataFiles, problemOf, readRows } from './data.ts'
import { measureLanguage } from './measure-language.ts'
import { measure, ordinarySet, type EvalRow, type Measured } from './measure.ts'
import { report } from './report.ts'
import { evaluated, type Evaluated } from './scanners.ts'

/**
 * `npm run eval:guard -- --data DIR [--scanner NAME]… [--json FILE]`: the scanners as they are, with default settings,
 * on every file of the folder that is not to train on, on the authored templates that training has not seen, and on
 * ordinary texts made for other tasks.
 */

const names = [...new Set(evaluated.map(each => each.name)), 'language']

const usage = `npm run eval:guard -- --data DIR [--scanner NAME]... [--json FILE]
  --data     a folder with files <task>.<anything>.jsonl or .jsonl.gz; <task>.train.* is left out
  --scanner  ${names.join(', ')}; all of them if absent
  --json     where the same is written as JSON`

/** Sources whose rows no scanner may find anything in, whatever task they were collected for. */
const ordinary = new Set([
  'arena-hard-gpt4',
  'arena-hard-v0.1',
  'banking77',
  'chatbot-ko',
  'clinc',
  'jglue',
  'owasp-llm',
  'xquad',
  'xsid',
])

const main = (): number => {
  const { values } = parseArgs({
    options: { data: { type: 'string' }, scanner: { type: 'string', multiple: true }, json: { type: 'string' } },
  })
  const unknown = (values.scanner ?? []).filter(name => !names.includes(name))
  const problem =
    problemOf(values.data) ?? (unknown.length > 0 ? `there is no scanner ${unknown.join(', ')}` : undefined)
  if (values.data === undefined || problem !== undefined) {
    process.stderr.write(`${problem}\n${usage}\n`)
    return 1
  }
  const wanted = (name: string): boolean => values.scanner === undefined || values.scanner.includes(name)
  const byTask = rowsByTask(values.data)
  const measured: Measured[] = []
  for (const each of evaluated) if (wanted(each.name)) measured.push(...measureOne(each, byTask))
  if (wanted('language')) measured.push(...measureLanguage([...byTask.values()].flat()))
  process.stdout.write(report(measured))
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(measured, undefined, 2))
  return 0
}

const rowsByTask = (dir: string): Map<string, EvalRow[]> => {
  const byTask = new Map<string, EvalRow[]>()
  const tasks = new Set([...evaluated.map(each => each.task), 'language'])
  for (const { task, part, path } of dataFiles(dir)) {
    if (part === 'train') continue
    if (!tasks.has(task)) {
      process.stderr.write(`${path}: no scanner is for the task ${task}; left out\n`)
      continue
    }
    const rows = readRows(path).map(row => ({ ...row, set: `${part}/${row.source}` }))
    byTask.set(task, [...(byTask.get(task) ?? []), ...rows])
  }
  return byTask
}

const measureOne = (each: Evaluated, byTask: ReadonlyMap<string, readonly EvalRow[]>): Measured[] => {
  const rows: EvalRow[] = [...(byTask.get(each.task) ?? [])]
  rows.push(...authoredRows(each.task, 'aside').map(row => ({ ...row, set: row.source })))
  const known = new Set(rows.map(row => row.text))
  for (const [task, others] of byTask) {
    // Ordinary answers may well have code.
    if (task === each.task || each.task === 'code') continue
    for (const row of others) {
      if (row.label !== 0 || !ordinary.has(row.source) || known.has(row.text)) continue
      known.add(row.text)
      rows.push({ ...row, set: `${ordinarySet}${row.source}` })
    }
  }
  return rows.length === 0 ? [] : measure(each, rows)
}

process.exitCode = main()
