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
})
