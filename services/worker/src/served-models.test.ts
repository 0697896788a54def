import { configSchema, type ConfigInput } from '@drover/shared/config/schema'
import { expect, test } from 'vitest'
import { servedModels, slotsOf } from './served-models.ts'

const served = (
  installed: string[],
  models: ConfigInput['models'],
  own: 'auto' | string[] = 'auto',
): Record<string, string> => {
  const config = configSchema.parse({ hosts: [{ id: 'a', url: 'http://127.0.0.1:1', models: own }], models })
  return Object.fromEntries(servedModels(config.hosts[0]!, config.models, installed))
}

test.each([
  [
    'what it has',
    ['llama3.2:latest', 'Qwen3:8b'],
    [],
    'auto',
    { 'llama3.2': 'llama3.2:latest', 'qwen3:8b': 'Qwen3:8b' },
  ],
  [
    'only what its list names, if it has it',
    ['llama3.2:latest', 'qwen3:8b'],
    [],
    ['qwen3:8b', 'phi4'],
    { 'qwen3:8b': 'qwen3:8b' },
  ],
  [
    'a public name of the configuration',
    ['llama3.1:8b'],
    [{ name: 'fast', hosts: [{ id: 'a', model: 'llama3.1:8b' }] }],
    [],
    { fast: 'llama3.1:8b' },
  ],
  ['not what another host serves', ['llama3.1:8b'], [{ name: 'llama3.1:8b', hosts: ['b'] }], 'auto', {}],
  ['not a model it is said to serve and has not', ['x'], [{ name: 'fast', hosts: [{ id: 'a', model: 'y' }] }], [], {}],
  [
    'a configured model without hosts, wherever it is',
    ['llama3.2:latest'],
    [{ name: 'llama3.2' }],
    [],
    { 'llama3.2': 'llama3.2:latest' },
  ],
] as const)('a host serves %s', (_name, installed, models, own, expected) => {
  expect(served([...installed], structuredClone(models) as never, own as never)).toEqual(expected)
})

test.each([
  ['as many requests of a model as it has slots', {}, [], 4],
  ['as many as it is said to run of any model', { modelSlots: 2 }, [], 2],
  [
    'as many as it is said to run of this one',
    { modelSlots: 2 },
    [{ name: 'M:latest', hosts: ['b', { id: 'a', slots: 3 }] }],
    3,
  ],
  ['what is said of another host or model does not count', {}, [{ name: 'm', hosts: [{ id: 'b', slots: 1 }, 'a'] }], 4],
] as const)('a host runs %s', (_name, host, models, expected) => {
  const config = configSchema.parse({
    hosts: [{ id: 'a', url: 'http://127.0.0.1:1', slots: 4, ...host }],
    models: structuredClone(models) as never,
  })
  expect(slotsOf(config.hosts[0]!, config.models, 'm')).toBe(expected)
})
