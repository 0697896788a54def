import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Address } from './address.ts'
import { AddressReader } from './addresses.ts'
import { BlockList } from './block-list.ts'

let folder: string
let file: string
let nowMs: number
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drover-block-list-'))
  file = path.join(folder, 'list.txt')
  nowMs = 0
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const addressOf = (text: string): Address => new AddressReader(text, 0, text.length).read()[0] as Address
const first = addressOf('https://first.example')
const second = addressOf('https://second.example')

const listOf = (text: string): BlockList => {
  writeFileSync(file, text)
  return new BlockList(file, () => nowMs)
}

it('is read again when the file changes, at most once a second', () => {
  const list = listOf('first.example')
  writeFileSync(file, 'second.example\n')
  nowMs = 999
  expect([list.has(first), list.has(second)]).toEqual([true, false])
  nowMs = 1_000
  expect([list.has(first), list.has(second)]).toEqual([false, true])
})

it('keeps what it had when the file is gone, and reads it when it is back', () => {
  const list = listOf('first.example')
  rmSync(file)
  nowMs = 1_000
  expect(list.has(first)).toBe(true)
  writeFileSync(file, 'second.example\n')
  nowMs = 2_000
  expect([list.has(first), list.has(second)]).toEqual([false, true])
})

it('names the file that is not there', () => {
  expect(() => new BlockList(path.join(folder, 'none.txt'))).toThrow(
    `MaliciousURLs: blockListFile ${path.join(folder, 'none.txt')} can't be read`,
  )
})

it.each([
  ['https://host.example:8443/a', 'https://host.example:8443/a/', true],
  ['https://host.example:8443/a', 'https://host.example/a', false],
  ['host.example/a?b=1', 'https://host.example/a?b=1', true],
  ['host.example/a?b=1', 'https://host.example/a?b=2', false],
  ['*.host.example', 'https://www.host.example/', true],
  ['hxxp://host[.]example', 'https://host.example/', true],
  ['45.90.58.12', 'http://0x2d.0x5a.0x3a.0x0c/', true],
  ['!!!', 'https://host.example/', false],
])('an entry %s and %s', (entry, text, blocked) => {
  expect(listOf(`${entry}\n`).has(addressOf(text))).toBe(blocked)
})
