import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { chooseConfigSource } from './config-source.ts'

const ollama = createServer((_, response) => response.end('{"version":"0.12.3"}'))
let empty: string
let home: string
let url: string
beforeAll(async () => {
  empty = await mkdtemp(path.join(tmpdir(), 'drover-empty-'))
  home = await mkdtemp(path.join(tmpdir(), 'drover-home-'))
  await writeFile(path.join(home, 'drover.yaml'), '')
  ollama.listen(0, '127.0.0.1')
  await once(ollama, 'listening')
  url = `http://127.0.0.1:${(ollama.address() as AddressInfo).port}`
})
afterAll(async () => {
  ollama.close()
  await Promise.all([empty, home].map(folder => rm(folder, { recursive: true })))
})

const nobody = 'http://127.0.0.1:1'

test('--demo comes before everything', async () => {
  const source = await chooseConfigSource({ demo: true }, { DROVER_CONFIG: 'b.yaml', OLLAMA_HOST: url }, home)
  expect(source).toEqual({ kind: 'demo', because: 'You asked for the demo' })
})

test('--config comes before DROVER_CONFIG, and is taken from the working directory', async () => {
  const source = await chooseConfigSource({ demo: false, config: 'a.yaml' }, { DROVER_CONFIG: '/b.yaml' }, home)
  expect(source).toEqual({ kind: 'file', file: path.join(home, 'a.yaml') })
})

test('DROVER_CONFIG comes before drover.yaml', async () => {
  const source = await chooseConfigSource({ demo: false }, { DROVER_CONFIG: '/b.yaml' }, home)
  expect(source).toEqual({ kind: 'file', file: '/b.yaml' })
})

test('drover.yaml comes before an Ollama that answers', async () => {
  const source = await chooseConfigSource({ demo: false }, { OLLAMA_HOST: url }, home)
  expect(source).toEqual({ kind: 'file', file: path.join(home, 'drover.yaml') })
})

test('an Ollama that answers comes before the demo', async () => {
  expect(await chooseConfigSource({ demo: false }, { OLLAMA_HOST: url }, empty)).toEqual({ kind: 'ollama', url })
})

test('with nothing there, the demo says why it runs', async () => {
  const source = await chooseConfigSource({ demo: false }, { OLLAMA_HOST: nobody }, empty)
  expect(source).toEqual({ kind: 'demo', because: `There is no drover.yaml, and no Ollama answers at ${nobody}` })
})
