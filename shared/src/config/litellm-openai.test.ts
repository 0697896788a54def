import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadConfig } from './load.ts'

const load = (text: string, env: Record<string, string> = {}) => loadConfig(text, { fileName: 'config.yaml', env })

test("a LiteLLM file may name servers with OpenAI's API", () => {
  const loaded = load(readFileSync(new URL('fixtures/litellm-openai.yaml', import.meta.url), 'utf8'), {
    VLLM_KEY: 'key',
  })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const { config, warnings } = loaded
  expect(
    config.hosts.map(({ id, type, url, apiKey, slots, models }) => [id, type, url, apiKey, slots, models]),
  ).toEqual([
    ['vllm-8000', 'openai', 'http://vllm:8000', 'key', 32, []],
    ['ollama', 'ollama', 'http://ollama:11434', undefined, 2, []],
    ['drover-8000', 'openai', 'http://drover:8000', undefined, 1, 'auto'],
  ])
  expect(config.models).toMatchObject([
    {
      name: 'llama3',
      hosts: [
        { id: 'vllm-8000', model: 'meta-llama/Llama-3.1-8B-Instruct' },
        { id: 'ollama', model: 'llama3.1' },
      ],
      options: { temperature: 0.2, num_predict: 1024 },
    },
    { name: 'embed', hosts: [{ id: 'vllm-8000', model: 'BAAI/bge-m3' }] },
    { name: 'any', hosts: [{ id: 'ollama', model: 'qwen3' }] },
  ])
  expect(warnings).toEqual([
    'model_list[5].litellm_params.model: this entry is left out: without an api_base it is none of your hosts that serves it',
    'model_list[2].litellm_params.api_key: vllm-8000 is one host, so model_list[0].litellm_params.api_key counts for all its models',
    'model_list[4].litellm_params.api_base: no max_parallel_requests, so the host gets one request at a time; set it to how many it runs at once',
    'model_list[4].litellm_params.model: all models of the host are served, each under the name the host gives it',
    'model_list[1].litellm_params.model: options belong to the public name, so those of model_list[0].litellm_params.model count',
  ])
})

test.each([
  ['openai/x', '', 'openai', 'x'],
  ['hosted_vllm/org/x', '', 'openai', 'org/x'],
  ['org/x', 'custom_llm_provider: openai', 'openai', 'org/x'],
  ['ollama/org/x', '', 'ollama', 'org/x'],
])('%s %s is a model of a host of type %s: %s', (model, more, type, name) => {
  const params = `model: ${model}, api_base: "http://h:1/v1", max_parallel_requests: 1, ${more}`
  expect(load(`model_list: [{ model_name: m, litellm_params: { ${params} } }]`)).toMatchObject({
    config: { hosts: [{ type, url: 'http://h:1' }], models: [{ hosts: [{ id: 'h-1', model: name }] }] },
  })
})

test('an address with another path than /v1 is a problem at its own place', () => {
  const entry = '{ model_name: m, litellm_params: { model: openai/x, api_base: "http://h/openai/v1" } }'
  expect(load(`model_list: [${entry}]`)).toMatchObject({
    ok: false,
    problems: [{ path: 'model_list[0].litellm_params.api_base' }],
  })
})

test('a wrong key is a problem that does not show it', () => {
  for (const key of ['"secret with spaces"', '123456']) {
    const loaded = load(`hosts: [{ id: v, type: openai, url: "http://v:8000", apiKey: ${key} }]`)
    expect(loaded).toMatchObject({ ok: false, problems: [{ path: 'hosts[0].apiKey' }] })
    expect(JSON.stringify(loaded)).not.toMatch(/secret|123456/)
  }
})
