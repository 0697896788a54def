import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { transformerJudge, type Transformers } from './transformer.ts'

/** Takes every text with the word "attack" for one. */
const standIn = (asked: string[]): Transformers => ({
  env: { allowRemoteModels: true, localModelPath: '' },
  async pipeline(_task, model) {
    asked.push(model)
    return async texts =>
      texts.map(text => {
        asked.push(text)
        const score = text.includes('attack') ? 0.9 : 0.1
        return [
          { label: 'SAFE', score: 1 - score },
          { label: 'INJECTION', score },
        ]
      })
  },
})

const settings = (modelDir: string, label = 'INJECTION') => ({ modelDir, from: 0.2, to: 0.8, label })

test('a model is loaded once, from its folder alone, and judges with its label for an attack', async () => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'model-'))
  await writeFile(path.join(folder.path, 'config.json'), '{}')
  const asked: string[] = []
  const transformers = standIn(asked)
  const judge = transformerJudge(settings(folder.path), async () => transformers)
  expect(await judge('an attack')).toEqual({ rule: 'transformer', start: 0, end: 9, score: 0.9 })
  expect(await judge('a greeting')).toMatchObject({ score: 0.1 })
  expect(asked).toEqual([path.basename(folder.path), 'an attack', 'a greeting'])
  expect(transformers.env).toEqual({ allowRemoteModels: false, localModelPath: path.dirname(folder.path) })
})

test('of a long text every part is judged, and the finding is where the attack is', async () => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'model-'))
  await writeFile(path.join(folder.path, 'config.json'), '{}')
  const judge = transformerJudge(settings(folder.path), async () => standIn([]))
  const found = await judge(`${'a'.repeat(5_300)} attack ${'b'.repeat(3_000)}`)
  expect(found.score).toBe(0.9)
  expect(found.start).toBeLessThanOrEqual(5_300)
  expect(found.end).toBeGreaterThanOrEqual(5_307)
  expect(found.end - found.start).toBeLessThan(2_000)
})

test('a folder without a model, a label it does not have and a package that is not there are told in plain words', async () => {
  expect(() => transformerJudge(settings('/no/such/folder'))).toThrow('there is no config.json in /no/such/folder')
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'model-'))
  await writeFile(path.join(folder.path, 'config.json'), '{}')
  const judge = transformerJudge(settings(folder.path, 'BAD'), async () => standIn([]))
  await expect(judge('x')).rejects.toThrow('has no label BAD; it has SAFE, INJECTION')
  expect(() => transformerJudge(settings(folder.path))).toThrow('npm install @huggingface/transformers')
})
