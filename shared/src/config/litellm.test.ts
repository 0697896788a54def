import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { convertLitellm } from './litellm.ts'
import { loadConfig } from './load.ts'
import { parseYaml } from './yaml.ts'

const env = {
  OLLAMA_C_URL: 'http://c:11434',
  OLLAMA_KEY: 'key-of-a',
  LITELLM_MASTER_KEY: 'sk-0123456789abcdef',
}
type Variables = Record<string, string | undefined>

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const load = (text: string, variables: Variables = {}) => loadConfig(text, { fileName: 'config.yaml', env: variables })

const accepted = (text: string, variables: Variables = {}) => {
  const loaded = load(text, variables)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded
}
const problems = (text: string, variables: Variables = {}): string[] => {
  const loaded = load(text, variables)
  return loaded.ok ? [] : loaded.problems.map(({ path, message }) => `${path}: ${message}`)
}

/** One entry for model `m` with further `litellm_params`, then further sections. */
const withEntry = (params: string, rest = ''): string =>
  `model_list: [{ model_name: m, litellm_params: { model: ollama/m, max_parallel_requests: 1, ${params} } }]\n${rest}`

describe('a LiteLLM file', () => {
  test('with one model on three hosts becomes a group of three hosts, without a warning', () => {
    const { config, warnings } = accepted(fixture('litellm-three-hosts.yaml'))
    expect(warnings).toEqual([])
    expect(config.hosts.map(({ id, url, slots }) => [id, url, slots])).toEqual([
      ['127.0.0.1-11431', 'http://127.0.0.1:11431', 2],
      ['127.0.0.1-11432', 'http://127.0.0.1:11432', 2],
      ['127.0.0.1-11433', 'http://127.0.0.1:11433', 2],
    ])
    expect(config.models).toEqual([
      {
        name: 'ollama/llama3.2',
        aliases: [],
        options: {},
        pin: [],
        fallbacks: [],
        contextFallbacks: [],
        hosts: config.hosts.map(({ id }) => ({ id, model: 'llama3.2' })),
      },
    ])
  })

  test('of the older shape keeps its guard', () => {
    const { config, warnings } = accepted(fixture('litellm-older.yaml'))
    expect(config.hosts.map(({ id, slots }) => [id, slots])).toEqual([
      ['192.168.1.2', 1],
      ['192.168.1.11', 4],
      ['192.168.1.20', 1],
    ])
    expect(config.guard.input).toMatchObject({
      scanners: ['BanSubstrings', 'PromptInjection', 'Toxicity', 'Secrets'],
      settings: { BanSubstrings: { substrings: ['malicious', 'dangerous'], match: 'word', action: 'block' } },
    })
    expect(config.guard.output).toMatchObject({
      scanners: ['BanSubstrings', 'Toxicity', 'NoRefusal'],
      settings: { BanSubstrings: { substrings: ['internal-only'], match: 'substring', action: 'redact' } },
    })
    expect(warnings.join('\n')).toContain(
      'llm_guard.input_scanning.settings.PromptInjection.threshold: ignored; it is on the scale of another model',
    )
  })

  test('has its other scanners under the names that drover has for them, and is told of those it has not', () => {
    const { config, warnings } = accepted(
      withEntry(
        '',
        `llm_guard:
  input_scanning: { scanners: [TokenLimit, Gibberish], settings: { TokenLimit: { limit: 100, encoding_name: o200k_base } } }
  output_scanning:
    scanners: [BanCode, MaliciousURLs, BanSubstrings]
    settings: { BanCode: { threshold: 0.97 }, BanSubstrings: { substrings: [a, b], contains_all: true } }`,
      ),
    )
    expect(config.guard.input).toMatchObject({
      scanners: ['TokenLimit'],
      settings: { TokenLimit: { tokensMax: 100, encoding: 'o200k_base' } },
    })
    expect(config.guard.output).toMatchObject({
      scanners: ['NoCode', 'MaliciousURLs', 'BanSubstrings'],
      settings: { BanSubstrings: { containsAll: true } },
    })
    expect(warnings.join('\n')).toContain('drover has no scanner Gibberish; the input is not scanned for it')
  })

  test('with everything in it is honoured where it can be', () => {
    const { config } = accepted(fixture('litellm-full.yaml'), env)
    expect(config.hosts.map(({ id, url, slots, weight }) => [id, url, slots, weight])).toEqual([
      ['10.0.0.11', 'http://10.0.0.11:11434', 6, 3],
      ['ollama-b.internal-8080', 'http://ollama-b.internal:8080', 3, 1],
      ['ollama_c_url', 'http://c:11434', 1, 1],
      ['127.0.0.1', 'http://127.0.0.1:11434', 1, 1],
    ])
    expect(config.models.map(({ name, aliases, hosts }) => [name, aliases, hosts])).toEqual([
      [
        'llama3',
        ['gpt-4', 'gpt-4o'],
        [
          { id: '10.0.0.11', model: 'llama3.1:8b', slots: 4 },
          { id: 'ollama-b.internal-8080', model: 'llama3.1' },
        ],
      ],
      ['small', [], [{ id: 'ollama_c_url', model: 'llama3.2' }]],
      ['embed', [], [{ id: '127.0.0.1', model: 'nomic-embed-text' }]],
      ['ollama/qwen3', [], [{ id: '10.0.0.11', model: 'qwen3', slots: 2 }]],
    ])
    expect(config.models[0]?.options).toEqual({ temperature: 0.2, num_ctx: 8192, num_predict: 1024, stop: ['###'] })
    expect(config.models.map(({ fallbacks, contextFallbacks }) => [fallbacks, contextFallbacks])).toEqual([
      [['small'], []],
      [[], ['llama3']],
      [['small'], []],
      [['small'], []],
    ])
    expect(config.strategy).toBe('weighted')
    expect(config.queue.deadlineMs).toBe(120_000)
    expect(config.server.keys).toEqual([env.LITELLM_MASTER_KEY])
  })

  test('with everything in it warns of every key it leaves out', () => {
    const parsed = parseYaml(fixture('litellm-full.yaml'), 'config.yaml')
    const { warnings } = convertLitellm(parsed.ok ? parsed.value : undefined, env)
    expect(warnings.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        ...['rpm', 'tpm', 'order', 'timeout', 'stream_timeout', 'num_retries', 'keep_alive'].map(
          key => `model_list[0].litellm_params.${key}`,
        ),
        'model_list[0].model_info.id',
        'model_list[1].rpm',
        'model_list[5].litellm_params.model',
        ...['drop_params', 'num_retries', 'callbacks', 'cache', 'cache_params', 'json_logs', 'guardrails'].map(
          key => `litellm_settings.${key}`,
        ),
        ...['routing_strategy', 'num_retries', 'timeout', 'allowed_fails', 'cooldown_time'].map(
          key => `router_settings.${key}`,
        ),
        'router_settings.fallbacks[0].gpt-4[1]',
        'router_settings.fallbacks[1]["gpt-4.1"]',
        'router_settings.content_policy_fallbacks',
        ...['redis_host', 'redis_port', 'redis_password'].map(key => `router_settings.${key}`),
        ...['gpt-4o', 'claude', 'small'].map(alias => `router_settings.model_group_alias.${alias}`),
        'general_settings.database_url',
        'general_settings.max_parallel_requests',
        'guardrails',
        'environment_variables',
        'mystery',
      ]),
    )
  })

  test('has warnings that say the same put in one line', () => {
    const { warnings } = accepted(fixture('litellm-full.yaml'), env)
    expect(warnings).toContain(
      'router_settings.redis_host, router_settings.redis_port, router_settings.redis_password: ignored; give drover its Redis by the variable REDIS_URL',
    )
  })

  test('may use anchors, merge keys, wildcards and an IPv6 address', () => {
    const { config } = accepted(fixture('litellm-anchors.yaml'))
    expect(config.hosts.map(({ id, slots, models }) => [id, slots, models])).toEqual([
      ['node-1', 2, []],
      ['node-1-11435', 2, []],
      ['1', 2, []],
      ['node-2', 1, 'auto'],
    ])
    expect(config.models).toEqual([
      {
        name: 'llama3.2',
        aliases: [],
        hosts: ['node-1', 'node-1-11435', '1'],
        pin: [],
        fallbacks: [],
        contextFallbacks: [],
        options: { num_ctx: 4096 },
      },
    ])
  })

  test('without an entry for a host is refused', () => {
    expect(problems(fixture('litellm-cloud-only.yaml'))).toEqual([
      'model_list: must have an entry for a model on a host, such as {model_name: llama3.2, litellm_params: {model: ollama_chat/llama3.2}}',
    ])
    expect(problems('litellm_settings: { drop_params: true }')).toHaveLength(1)
  })

  test('with mistakes has them listed at once, under its own paths', () => {
    const paths = problems(fixture('broken-litellm.yaml')).map(problem => problem.split(': ')[0])
    expect(paths).toEqual([
      'router_settings.routing_strategy',
      'model_list[2]',
      'model_list[1].litellm_params.model',
      'llm_guard.enabled',
      'llm_guard.input_scanning.scanners[1]',
      'llm_guard.output_scanning.settings.BanSubstrings.match_type',
      'llm_guard.output_scanning.settings.BanSubstrings.redact',
      'router_settings.timeout',
      'model_list[0].litellm_params.api_base',
      'model_list[0].litellm_params.max_parallel_requests',
      'model_list[0].litellm_params.weight',
      'llm_guard.input_scanning.settings.BanSubstrings.substrings',
      'llm_guard.output_scanning.settings.BanSubstrings.substrings',
      'general_settings.master_key',
    ])
  })

  test('with `hosts` is a drover.yaml with unknown keys', () => {
    expect(problems('hosts: [{ id: a, url: "http://h:1" }]\nmodel_list: []')).toEqual([
      expect.stringContaining('model_list: unknown key `model_list`'),
    ])
  })
})

describe('keys and time', () => {
  const cases: [string, string, Variables, object][] = [
    [
      'a short master_key is taken',
      withEntry('', 'general_settings: { master_key: sk-1234 }'),
      {},
      { server: { keys: ['sk-1234'] } },
    ],
    [
      'the variable of LiteLLM is the master key',
      withEntry(''),
      { LITELLM_MASTER_KEY: 'sk-abc' },
      { server: { keys: ['sk-abc'] } },
    ],
    ['without either there is no key', withEntry(''), {}, { server: { keys: [] } }],
    [
      'request_timeout is the deadline',
      withEntry('', 'litellm_settings: { request_timeout: 30 }'),
      {},
      { queue: { deadlineMs: 30_000 } },
    ],
    [
      'the router overrides it',
      withEntry('', 'litellm_settings: { request_timeout: 30 }\nrouter_settings: { timeout: "1.5" }'),
      {},
      { queue: { deadlineMs: 1500 } },
    ],
    [
      'a time from a variable',
      withEntry('', 'router_settings: { timeout: os.environ/T }'),
      { T: '5' },
      { queue: { deadlineMs: 5000 } },
    ],
    ['a guard that is off', withEntry('', 'llm_guard: { enabled: off }'), {}, { guard: { enabled: false } }],
    [
      'a side that is off',
      withEntry('', 'llm_guard: { input_scanning: { enabled: false, scanners: [BanSubstrings] } }'),
      {},
      { guard: { input: { scanners: [] } } },
    ],
  ]
  test.each(cases)('%s', (_, text, variables, expected) => {
    expect(accepted(text, variables).config).toMatchObject(expected)
  })
})
