import { describe, expect, test } from 'vitest'
import { loadConfig } from './load.ts'

const accepted = (text: string) => {
  const loaded = loadConfig(text, { fileName: 'config.yaml', env: {} })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded
}

/** One entry for model `m` with further `litellm_params`. */
const withEntry = (params: string): string =>
  `model_list: [{ model_name: m, litellm_params: { model: ollama/m, max_parallel_requests: 1, ${params} } }]\n`

describe('an entry', () => {
  const cases: [string, string, object][] = [
    [
      'without api_base is on this machine',
      withEntry(''),
      { hosts: [{ id: '127.0.0.1', url: 'http://127.0.0.1:11434' }] },
    ],
    [
      'may name an endpoint',
      withEntry('api_base: "http://h:11434/api/generate"'),
      { hosts: [{ id: 'h', url: 'http://h:11434' }] },
    ],
    [
      'may say its provider apart',
      'model_list: [{ model_name: m, litellm_params: { model: x, custom_llm_provider: ollama_chat } }]',
      { models: [{ hosts: [{ model: 'x' }] }] },
    ],
    [
      'without a public name has that of its model',
      'model_list: [{ litellm_params: { model: ollama/x } }]',
      { models: [{ name: 'ollama/x' }] },
    ],
    [
      'may keep its weight next to its params',
      'model_list: [{ model_name: m, weight: 4, litellm_params: { model: ollama/m } }]',
      { hosts: [{ weight: 4 }] },
    ],
    [
      'may take its slots from the default',
      'model_list: [{ model_name: m, litellm_params: { model: ollama/m } }]\nrouter_settings: { default_max_parallel_requests: 7 }',
      { hosts: [{ slots: 7 }] },
    ],
    ['may hide null keys', withEntry('api_key: null, rpm: null'), { models: [{ name: 'm' }] }],
  ]
  test.each(cases)('%s', (_, text, expected) => {
    expect(accepted(text).config).toMatchObject(expected)
  })

  test('that repeats another is left out with a warning', () => {
    const text = `model_list:
  - { model_name: m, litellm_params: { model: ollama/m, max_parallel_requests: 2 } }
  - { model_name: M, litellm_params: { model: ollama/other, max_parallel_requests: 2 } }
`
    const { config, warnings } = accepted(text)
    expect(config.models).toMatchObject([{ name: 'm', hosts: ['127.0.0.1'] }])
    expect(warnings).toEqual([
      'model_list[1].litellm_params.model: this entry is left out: a host serves a public name once',
    ])
  })

  test('with other options than the first of its group is warned of', () => {
    const text = `model_list:
  - { model_name: m, litellm_params: { model: ollama/m, api_base: "http://a:1", max_parallel_requests: 2, num_ctx: 1024 } }
  - { model_name: m, litellm_params: { model: ollama/m, api_base: "http://b:1", max_parallel_requests: 2, num_ctx: 2048 } }
`
    expect(accepted(text).config.models[0]?.options).toEqual({ num_ctx: 1024 })
    expect(accepted(text).warnings).toEqual([
      'model_list[1].litellm_params.model: options belong to the public name, so those of model_list[0].litellm_params.model count',
    ])
  })

  test('hosts of one name have ids of their own', () => {
    const text = `model_list:
  - { model_name: m, litellm_params: { model: ollama/m, api_base: "http://h:11434" } }
  - { model_name: m, litellm_params: { model: ollama/m, api_base: "https://h:11434" } }
`
    expect(accepted(text).config.hosts.map(({ id }) => id)).toEqual(['h', 'h-2'])
  })

  const params = (model: string, slots: string) =>
    `{ model_name: ${model}, litellm_params: { model: ollama/${model}, max_parallel_requests: ${slots} } }`
  const two = (one: string, other: string) => `model_list: [${params('m', one)}, ${params('n', other)}]`

  test('limits its model, and the host has the sum of its models', () => {
    const { config, warnings } = accepted(two('2', '3'))
    expect(warnings).toEqual([])
    expect(config.hosts).toMatchObject([{ slots: 5 }])
    expect(config.models.map(({ hosts }) => hosts)).toEqual([
      [{ id: '127.0.0.1', slots: 2 }],
      [{ id: '127.0.0.1', slots: 3 }],
    ])
  })

  test('that gives a model of Ollama another public name shares its slots', () => {
    const text = `model_list: [${params('m', '4')}, { model_name: n, litellm_params: { model: ollama/m, max_parallel_requests: 4 } }]`
    expect(accepted(text).config.hosts).toMatchObject([{ slots: 4 }])
    expect(accepted(text).config.models).toMatchObject([
      { hosts: ['127.0.0.1'] },
      { hosts: [{ id: '127.0.0.1', model: 'm' }] },
    ])
  })

  test('whose slots are a reference is not added up', () => {
    const loaded = loadConfig(two('2', 'os.environ/SLOTS'), { fileName: 'config.yaml', env: { SLOTS: '9' } })
    expect(loaded).toMatchObject({ ok: true, config: { hosts: [{ slots: 2 }] } })
    expect(loaded.ok && loaded.warnings).toEqual([
      'model_list[1].litellm_params.max_parallel_requests: a reference cannot be added up; the slots of the host are those of its other entries',
    ])
  })

  test.each(['0', '-1', '"two"', '1.5'])('with %s slots beside another is a problem at its own place', slots => {
    expect(loadConfig(two(slots, '2'), { fileName: 'config.yaml', env: {} })).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([
        expect.objectContaining({ path: 'model_list[0].litellm_params.max_parallel_requests' }),
      ]),
    })
  })

  test('on localhost is on the same host as one on 127.0.0.1', () => {
    const text = `model_list:
  - { model_name: m, litellm_params: { model: ollama/m, api_base: "http://localhost:1", max_parallel_requests: 1 } }
  - { model_name: n, litellm_params: { model: ollama/n, api_base: "http://127.0.0.1:1/", max_parallel_requests: 1 } }
`
    expect(accepted(text).config.hosts).toMatchObject([{ id: 'localhost-1', slots: 2 }])
  })
})
