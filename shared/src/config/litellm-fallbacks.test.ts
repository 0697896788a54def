import { describe, expect, test } from 'vitest'
import { loadConfig } from './load.ts'

const entry = (name: string, model = name): string =>
  `{ model_name: ${name}, litellm_params: { model: ollama/${model}, max_parallel_requests: 1 } }`

/** Models a (alias alpha), b and c on one host. */
const load = (settings: string, more = '') =>
  loadConfig(
    `model_list: [${entry('a')}, ${entry('b')}, ${entry('c')}${more}]
router_settings: { model_group_alias: { alpha: a }, ${settings} }`,
    { fileName: 'config.yaml', env: {} },
  )

const fallbacks = (settings: string, key: 'fallbacks' | 'contextFallbacks' = 'fallbacks') => {
  const loaded = load(settings)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return Object.fromEntries(
    loaded.config.models.filter(model => model[key].length > 0).map(model => [model.name, model[key]]),
  )
}

describe('fallbacks of a LiteLLM file', () => {
  test.each([
    ['are those of the model', 'fallbacks: [{ a: [b, c] }]', { a: ['b', 'c'] }],
    ['may be of several models', 'fallbacks: [{ a: [b] }, { b: [c], c: [a] }]', { a: ['b'], b: ['c'], c: ['a'] }],
    ['may use aliases on both sides', 'fallbacks: [{ alpha: [b] }, { b: [alpha, a] }]', { a: ['b'], b: ['a'] }],
    ['of * are for the others', 'fallbacks: [{ a: [b] }, { "*": [c] }]', { a: ['b'], b: ['c'] }],
    ['by default are for the others', 'fallbacks: [{ a: [b] }], default_fallbacks: [c]', { a: ['b'], b: ['c'] }],
  ])('%s', (_, settings, expected) => {
    expect(fallbacks(settings)).toEqual(expected)
  })

  test('for long prompts are kept apart', () => {
    expect(fallbacks('context_window_fallbacks: [{ a: [b] }]', 'contextFallbacks')).toEqual({ a: ['b'] })
    expect(fallbacks('context_window_fallbacks: [{ a: [b] }]')).toEqual({})
  })

  test.each([
    ['fallbacks: [{ a: [a, b] }]', 'router_settings.fallbacks[0].a: ignored; a model does not stand in for itself'],
    ['fallbacks: [{ x: [b] }]', 'router_settings.fallbacks[0].x: ignored; there is no model_name `x`'],
    ['fallbacks: [{ a: [b, x] }]', 'router_settings.fallbacks[0].a[1]: ignored; there is no model_name `x`'],
    ['fallbacks: [{ a: [b] }, { alpha: [c] }]', 'router_settings.fallbacks[1].alpha: ignored; a has fallbacks already'],
  ])('%s is kept as far as it goes, with a warning', (settings, warning) => {
    expect(load(settings)).toMatchObject({ ok: true, warnings: [warning] })
  })

  test.each([
    ['fallbacks: { a: [b] }', 'router_settings.fallbacks'],
    ['fallbacks: [a]', 'router_settings.fallbacks[0]'],
    ['fallbacks: [{ a: b }]', 'router_settings.fallbacks[0].a'],
    ['default_fallbacks: b', 'router_settings.default_fallbacks'],
  ])('%s is a problem', (settings, path) => {
    expect(load(settings)).toMatchObject({
      ok: false,
      problems: [{ path, message: expect.stringMatching(/^must be/) }],
    })
  })

  test('under litellm_settings count where router_settings has none', () => {
    const text = (router: string) => `model_list: [${entry('a')}, ${entry('b')}, ${entry('c')}]
litellm_settings: { fallbacks: [{ a: [b] }] }\nrouter_settings: { ${router} }`
    const read = (router: string) => loadConfig(text(router), { fileName: 'config.yaml', env: {} })
    expect(read('')).toMatchObject({ ok: true, warnings: [], config: { models: [{ fallbacks: ['b'] }, {}, {}] } })
    expect(read('fallbacks: [{ a: [c] }]')).toMatchObject({
      ok: true,
      warnings: ['litellm_settings.fallbacks: ignored; those of router_settings count'],
      config: { models: [{ fallbacks: ['c'] }, {}, {}] },
    })
  })

  test('may name any model where a host serves whatever it has', () => {
    const wildcard =
      ', { model_name: "*", litellm_params: { model: ollama_chat/*, api_base: "http://h:1", max_parallel_requests: 1 } }'
    expect(load('fallbacks: [{ a: [x] }]', wildcard)).toMatchObject({
      config: { models: [{ fallbacks: ['x'] }, {}, {}] },
    })
  })
})
