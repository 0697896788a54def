import { configSchema } from '@drover/shared/config/schema'
import { expect, test } from 'vitest'
import { ModelDirectory } from './model-directory.ts'

const directory = (models: object[] = []): ModelDirectory =>
  new ModelDirectory(configSchema.parse({ hosts: [{ id: 'h0', url: 'http://127.0.0.1:1' }], models }).models, false)

test.each([
  ['gpt-oss:cloud', true],
  ['gpt-oss:120b-cloud', true],
  ['GPT-OSS:120B-CLOUD', true],
  ['gpt-oss:20b:cloud', true],
  ['hf.co/a/b:x-cloud', true],
  ['gpt-oss:-cloud', true],
  ['gpt-oss', false],
  ['cloud', false],
  ['my-cloud', false],
  ['cloud:latest', false],
  ['cloud:8b', false],
  ['gpt-oss:cloudy', false],
  ['gpt-oss:overcloud', false],
  ['registry:5000/my-cloud', false],
])('%s is passed on to a cloud: %s', (name, isCloud) => {
  expect(directory().isCloud(directory().group(name))).toBe(isCloud)
})

test('a name of the operator’s own for a cloud model is a cloud model, too', () => {
  const models = directory([
    { name: 'big:cloud', aliases: ['big'] },
    { name: 'plain', hosts: ['h0', { id: 'h0', model: 'other:1b-cloud' }] },
    { name: 'local', hosts: [{ id: 'h0', model: 'local:1b' }] },
  ])
  expect(models.isCloud(models.group('big'))).toBe(true)
  expect(models.isCloud('plain')).toBe(true)
  expect(models.isCloud('local')).toBe(false)
})

test('what is set for a model is found under its group', () => {
  const models = directory([{ name: 'A:latest', options: { num_ctx: 4096, stop: ['x'] }, numCtxMax: 8192 }])
  expect(models.optionsOf('a')).toEqual({ num_ctx: '4096', stop: '["x"]' })
  expect(models.numCtxMaxOf('a')).toBe(8192)
  expect(models.optionsOf('b')).toEqual({})
  expect(models.numCtxMaxOf('b')).toBeUndefined()
})

test('cloud models are listed only where they may be asked for', () => {
  const models = [{ name: 'plain', hosts: [{ id: 'h0', model: 'other:1b-cloud' }] }]
  const parsed = configSchema.parse({ hosts: [{ id: 'h0', url: 'http://127.0.0.1:1' }], models }).models
  const hosts = [{ models: ['llama3.2', 'gpt-oss:cloud'] }]
  expect(new ModelDirectory(parsed, false).names(hosts)).toEqual(['llama3.2'])
  expect(new ModelDirectory(parsed, true).names(hosts)).toEqual(['gpt-oss:cloud', 'llama3.2', 'plain'])
})
