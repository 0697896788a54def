import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { dataFiles, problemOf, readRows, trainingRows } from './data.ts'

const dir = mkdtempSync(path.join(tmpdir(), 'guard-data-'))
afterAll(() => rmSync(dir, { recursive: true }))

const lines = (...rows: object[]): string => rows.map(row => JSON.stringify(row)).join('\n')
const good = { text: 'one', label: 1, lang: 'en', source: 'here' }
const doubtful = { text: 'two', label: 0, lang: 'vi', source: 'vihos' }

writeFileSync(path.join(dir, 'toxicity.train.jsonl.gz'), gzipSync(`${lines(good, doubtful)}\n`))
writeFileSync(path.join(dir, 'url.other.jsonl'), lines({ text: 'a.example' }))
writeFileSync(path.join(dir, 'broken.x.jsonl'), lines(good, { text: 'three', label: 7 }))
writeFileSync(path.join(dir, 'README.md'), 'not data')

describe('the data folder', () => {
  it('has a file per task and part, packed or not', () => {
    expect(dataFiles(dir).map(({ task, part }) => `${task} ${part}`)).toEqual([
      'broken x',
      'toxicity train',
      'url other',
    ])
  })

  it('gives no row whose licence is in doubt to what is shipped', () => {
    expect(trainingRows(dir, 'toxicity')).toEqual([good])
  })

  it('may have rows without a label', () => {
    expect(readRows(path.join(dir, 'url.other.jsonl'))[0]?.label).toBeUndefined()
  })

  it('is refused with the place where it is wrong', () => {
    expect(() => readRows(path.join(dir, 'broken.x.jsonl'))).toThrow('broken.x.jsonl, line 2')
    expect(problemOf(path.join(dir, 'missing'))).toContain('there is no')
    expect(problemOf(undefined)).toContain('--data')
    expect(problemOf(dir)).toBeUndefined()
  })
})
