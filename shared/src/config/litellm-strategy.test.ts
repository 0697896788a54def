import { describe, expect, test } from 'vitest'
import { loadConfig } from './load.ts'

const load = (text: string) => loadConfig(text, { fileName: 'config.yaml', env: {} })

/** One entry for model `m` with further `litellm_params`, then further sections. */
const withEntry = (params: string, rest = ''): string =>
  `model_list: [{ model_name: m, litellm_params: { model: ollama/m, max_parallel_requests: 1, ${params} } }]\n${rest}`

const strategy = (name: string) => load(withEntry('', `router_settings: { routing_strategy: ${name} }`))

describe('a routing strategy', () => {
  test.each([
    ['least-busy', 'least_busy'],
    ['least_busy', 'least_busy'],
    ['round_robin', 'round_robin'],
    ['weighted', 'weighted'],
  ])('%s is %s', (name, expected) => {
    expect(strategy(name)).toMatchObject({ ok: true, warnings: [], config: { strategy: expected } })
  })
  test.each([
    ['simple-shuffle', 'weighted', /^router_settings\.routing_strategy: is weighted/],
    ['usage-based-routing-v2', 'least_busy', /least_busy is used instead/],
    ['latency-based-routing', 'least_busy', /least_busy is used instead/],
    ['cost-based-routing', 'least_busy', /least_busy is used instead/],
  ])('%s is %s with a warning', (name, expected, warning) => {
    expect(strategy(name)).toMatchObject({
      ok: true,
      warnings: [expect.stringMatching(warning)],
      config: { strategy: expected },
    })
  })
  test.each(['round_robin', 'weighted', 'least_busy'])('of the older shape may be %s, without a warning', name => {
    const text = `load_balancing_config: { strategy: ${name}, ${withEntry('').trim()} }`
    expect(load(text)).toMatchObject({ ok: true, warnings: [], config: { strategy: name } })
  })
  test('counts the weights; without it they are kept with a warning', () => {
    const counted = load(withEntry('weight: 2', 'router_settings: { routing_strategy: weighted }'))
    expect(counted).toMatchObject({ ok: true, warnings: [], config: { hosts: [{ weight: 2 }] } })
    const warning =
      'model_list[0].litellm_params.weight: its weight is kept, but counts only under the strategy weighted'
    expect(load(withEntry('weight: 2'))).toMatchObject({ ok: true, warnings: [warning] })
  })
  test('that does not exist is a problem', () => {
    expect(strategy('least-bussy')).toMatchObject({
      ok: false,
      problems: [
        { path: 'router_settings.routing_strategy', message: expect.stringMatching(/did you mean `least-busy`\?$/) },
      ],
    })
  })
})
