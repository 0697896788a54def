import { expect, test } from 'vitest'
import { description, inMemory, installed } from './ollama-about.ts'

test('a description keeps its numbers and its order, and leaves out the tensors', () => {
  const json =
    '{"license":"l","model_info":{"n":12345678901234567890},"tensors":[1,2],"capabilities":["completion","tools"]}'
  expect(description(json)).toEqual({
    capabilities: ['completion', 'tools'],
    json: '{"license":"l","model_info":{"n":12345678901234567890},"capabilities":["completion","tools"]}',
  })
})

test.each([
  ['an older host tells no capabilities', '{"details":{}}', { json: '{"details":{}}' }],
  ['capabilities that are none are not told', '{"capabilities":7}', { json: '{"capabilities":7}' }],
  ['garbage tells nothing', '<html>', undefined],
  ['a list tells nothing', '[]', undefined],
  ['what nobody could read tells nothing', '['.repeat(100_000) + ']'.repeat(100_000), undefined],
])('%s', (_name, json, expected) => {
  expect(description(json)).toEqual(expected)
})

test('a long description loses its longest texts, and then all that it is not for', () => {
  const long = 'x'.repeat(300_000)
  const capabilities = ['completion']
  const told = (all: object) => JSON.parse(description(JSON.stringify(all))!.json) as object
  expect(told({ license: long, modelfile: 'm', template: 't', capabilities })).toEqual({ template: 't', capabilities })
  expect(told({ template: long, details: { a: 1 }, capabilities })).toEqual({ details: { a: 1 }, capabilities })
  expect(told({ details: { a: long }, capabilities })).toEqual({})
})

test('a host that tells neither digests nor details has models all the same', () => {
  expect(installed.parse({ models: [{ name: 'm', details: 7, size: -1 }] })).toEqual([
    { name: 'm', digest: '', bytes: 0, modifiedAt: '' },
  ])
})

test('what is in memory has details of its own: Ollama leaves some out there', () => {
  const model = { name: 'm', details: { parent_model: '' }, size: 2, size_vram: 1, expires_at: 'e', context_length: 3 }
  expect(inMemory.parse({ models: [model] })).toEqual([
    { name: 'm', bytes: 2, vramBytes: 1, expiresAt: 'e', contextTokens: 3, detailsJson: '{"parent_model":""}' },
  ])
})
