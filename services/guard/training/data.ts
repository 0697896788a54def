import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Row } from './row.ts'

/** A file of the data folder: `<task>.<anything>.jsonl`, or `.jsonl.gz`. */
export interface DataFile {
  readonly task: string
  readonly part: string
  readonly path: string
}

const nameOfFile = /^([a-z-]+)\.([\w.-]+)\.jsonl(?:\.gz)?$/

/** Sources that are in the folder and whose licence is in doubt: nothing that is shipped may come from them. */
const sourcesLeftOut = new Set(['vihos'])

export const dataFiles = (dir: string): DataFile[] =>
  readdirSync(dir)
    .sort()
    .flatMap(file => {
      const match = nameOfFile.exec(file)
      return match ? [{ task: match[1] as string, part: match[2] as string, path: path.join(dir, file) }] : []
    })

/** Why this can't be the data folder; undefined if it can. */
export const problemOf = (dir: string | undefined): string | undefined => {
  if (dir === undefined) return '--data is missing'
  if (!existsSync(dir)) return `--data: there is no ${dir}`
  return dataFiles(dir).length === 0 ? `--data: ${dir} has no <task>.<part>.jsonl or .jsonl.gz` : undefined
}

export const readRows = (file: string): Row[] => {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  const lines = text.split('\n').filter(line => line.trim() !== '')
  return lines.map((line, index) => rowOf(line, `${path.basename(file)}, line ${index + 1}`))
}

const rowOf = (line: string, where: string): Row => {
  const { text, label, lang, source } = JSON.parse(line) as Record<string, unknown>
  if (typeof text !== 'string') throw new Error(`${where}: no text`)
  if (label !== undefined && label !== null && label !== 0 && label !== 1)
    throw new Error(`${where}: a label is 0 or 1`)
  return {
    text,
    label: label ?? undefined,
    lang: typeof lang === 'string' ? lang : 'und',
    source: typeof source === 'string' ? source : path.basename(where),
  }
}

/** The rows of a task's part that may be used for what is shipped; none if there is no such file. */
export const trainingRows = (dir: string, task: string, part = 'train'): Row[] =>
  dataFiles(dir)
    .filter(file => file.task === task && file.part === part)
    .flatMap(file => readRows(file.path))
    .filter(row => !sourcesLeftOut.has(row.source))
