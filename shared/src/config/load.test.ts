import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadConfig } from './load.ts'

const env = {
  DROVER_KEY: '0123456789abcdef',
  GPU_2_ADDRESS: '10.0.0.12',
  BANNED_WORD: '42',
  EMPTY: '',
  DROVER_ADMIN_KEY: 'fedcba9876543210',
}

const load = (text: string, variables: Record<string, string | undefined> = env) =>
  loadConfig(text, { fileName: 'drover.yaml', env: variables })

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')

const problems = (text: string, variables: Record<string, string | undefined> = env): string[] => {
  const loaded = load(text, variables)
  return loaded.ok ? [] : loaded.problems.map(({ path, message }) => `${path}: ${message}`)
}

const config = (text: string) => {
  const loaded = load(text)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

const hosts = 'hosts: [{ id: a, url: "http://h:11434" }, { id: b, url: "http://i:11434" }]\n'

describe('a valid file', () => {
  test('needs one host and nothing else', () => {
    const minimal = config(fixture('drover-minimal.yaml'))
    expect(minimal.hosts).toEqual([
      { id: 'a', type: 'ollama', url: 'http://127.0.0.1:11434', slots: 1, weight: 1, models: 'auto' },
    ])
    expect(minimal.queue).toMatchObject({ depthMax: 1000, deadlineMs: 600_000 })
  })

  test('may use every key, with values from the environment', () => {
    const full = config(fixture('drover-full.yaml'))
    expect(full.hosts[0]).toMatchObject({ url: 'http://10.0.0.11:11434', slots: 4, modelSlots: 2 })
    expect(full.hosts[1]?.url).toBe('http://10.0.0.12:11434')
    expect(full.server.keys).toEqual([env.DROVER_KEY])
    expect(full.admin).toEqual({ host: '0.0.0.0', port: 9100, keys: [env.DROVER_ADMIN_KEY] })
    expect(full.guard.input.settings.BanSubstrings?.substrings).toEqual(['project zeus', '42'])
    expect(full.models[0]?.options).toEqual({ num_ctx: 8192, temperature: 0.7, stop: ['</s>'], use_mmap: true })
  })

  test('may be JSON', () => {
    expect(config('{"hosts": [{"id": "a", "url": "http://h:1"}]}').hosts[0]?.id).toBe('a')
  })

  test('the example is one', () => {
    expect(load(readFileSync(new URL('../../../drover.example.yaml', import.meta.url), 'utf8'))).toMatchObject({
      ok: true,
      warnings: [],
    })
  })
})

test('every problem of a file is listed at once, with its path and what would be right', () => {
  expect(problems(fixture('broken-drover.yaml'))).toEqual([
    'server.keys: needs the environment variable NO_SUCH_KEY, which is not set',
    'hosts[0].slot: unknown key `slot`; did you mean `slots`?',
    'hosts[1].slots: must be an integer from 1 to 1024, not 0',
    'hosts[1].weight: must be a number above 0, at most 1000000, not -1',
    'hosts[2].id: must be 1 to 63 letters, digits, ".", "_" and "-", beginning with a letter or digit, not "bad id"',
    'hosts[2].url: must be the base URL of a server without a path, such as http://127.0.0.1:11434, not "ftp://10.0.0.12"',
    'hosts[3].id: is missing; it must be 1 to 63 letters, digits, ".", "_" and "-", beginning with a letter or digit',
    'hosts[3].url: must be the base URL of a server without a path, such as http://127.0.0.1:11434, not "http://10.0.0.13/v1"',
    'models[0].hosts[1].modle: unknown key `modle`; did you mean `model`?',
    'models[0].options.num_ctx: must be text, a number, true, false or a list of text, not a section',
    'strategy: must be one of least_busy, round_robin, weighted, not "least-busy"; did you mean `least_busy`?',
    'guard.input.scanners[1]: must be one of PromptInjection, Toxicity, Secrets, BanSubstrings, TokenLimit, not "Toxicty"; did you mean `Toxicity`?',
    'guard.output.settings.BanSubstrings.substrings: must list at least one piece of text to look for, not an empty list',
    'guard.output.settings.BanSubstrings.action: must be one of block, redact, monitor, not "mask"',
    'queue.depthMax: must be an integer from 1 to 1000000, not "many"',
    'queue.rebindAfterMs: must be an integer from 0 to 86400000, not -1',
    'queue.affinity: must be true or false, not "sometimes"',
    'queue.deadline_ms: unknown key `deadline_ms`; did you mean `deadlineMs`?',
    'server.port: must be an integer from 0 to 65535, not 99999',
    'admin.port: must be an integer from 0 to 65535, not -1',
    'admin.keyes: unknown key `keyes`; did you mean `keys`?',
    'probe: is empty; it must be a section of keys and values, or the key must go',
    'nonsense: unknown key `nonsense`; the keys here are hosts, models, strategy, guard, queue, server, clients, cache, responses, admin, probe, upstream, redis, demo',
    'hosts[1].id: must be unique; hosts[0] has the id `a` too',
    'hosts[1].url: must be another server than that of hosts[0]; limits per model are models[].hosts[].slots',
    'hosts[1].modelSlots: must be at most hosts[1].slots, which is 0',
    'models[0].aliases[0]: must be unique; models[0].name is the same name (case and ":latest" do not count)',
    'models[0].hosts[0]: must be the id of a host; there is no host `gpu`',
    'models[0].hosts[1]: must be the id of a host; there is no host `b`',
    'models[0].pin[0]: must be the id of a host; there is no host `c`',
    'models[0].fallbacks[0]: must be another model than the one it stands in for',
    'guard.input.settings.BanSubstrings: is missing; the scanner BanSubstrings needs its `substrings`',
    'admin.host: must be 127.0.0.1 while admin.keys is empty: on :: anybody could drain the hosts; add a key, for instance keys: [os.environ/DROVER_ADMIN_KEY]',
  ])
})

describe('text that is not a configuration is refused with its place', () => {
  const cases: [string, string, string | RegExp][] = [
    ['a syntax error', fixture('broken-syntax.yaml'), /^drover\.yaml:4:5: Flow sequence/],
    [
      'a key given twice',
      fixture('broken-repeated.yaml'),
      'hosts[0].url: is given twice, on lines 3 and 4; keep one of them',
    ],
    ['an alias bomb', fixture('broken-bomb.yaml'), /^drover\.yaml: must use aliases/],
    ['an alias without an anchor', 'hosts: *nobody\n', /^drover\.yaml: must use aliases|Unresolved alias/],
    ['an alias of itself', 'hosts: &a [*a]\n', /^drover\.yaml: must hold at most 100000 values/],
    ['a merge of a number', 'hosts:\n  - <<: 3\n', /^drover\.yaml: must use aliases/],
    [
      'a tag',
      'hosts: !!python/object:os.system [ls]\n',
      'drover.yaml:1:8: tags (!name) are not allowed; write the plain value',
    ],
    ['two documents', `${hosts}---\n${hosts}`, /^drover\.yaml:2:1: must be one document/],
    ['deep nesting', '['.repeat(70) + ']'.repeat(70), /nested at most 64 levels/],
    ['very deep nesting', '['.repeat(20_000), /nested at most 64 levels/],
    ['too many bytes', `# ${'x'.repeat(1024 * 1024)}`, 'drover.yaml: must be at most 1048576 bytes'],
    ['nothing', '', 'drover.yaml: is empty; it must list at least one host under `hosts`'],
    ['a list', '- a\n', 'drover.yaml: must be a section of keys and values'],
    ['plain text', 'hello', 'drover.yaml: must be a section of keys and values'],
  ]
  test.each(cases)('%s', (_, text, expected) => {
    const [first] = problems(text)
    if (typeof expected === 'string') expect(first).toBe(expected)
    else expect(first).toMatch(expected)
  })

  test('a file of one megabyte is judged within seconds', () => {
    const keys = Array.from({ length: 80_000 }, (_, index) => `k${index}: 1`).join('\n')
    const startedAt = performance.now()
    expect(problems(keys).length).toBeGreaterThan(0)
    expect(performance.now() - startedAt).toBeLessThan(15_000)
  })
})

const withPort = (port: string) => `hosts: [{ id: a, url: "http://h:11434" }]\nserver: { port: ${port} }\n`

const port = (written: string, variables: Record<string, string | undefined>) => {
  const loaded = load(withPort(written), variables)
  return loaded.ok ? loaded.config.server.port : loaded.problems.map(({ path, message }) => `${path}: ${message}`)
}

describe('references', () => {
  test.each([
    ['os.environ/PORT', { PORT: '81' }, 81],
    ['"${PORT}"', { PORT: '82' }, 82],
    ['"8${PORT}"', { PORT: '3' }, ['server.port: must be an integer from 0 to 65535; its value comes from PORT']],
    ['"${PORT:-84}"', {}, 84],
    ['"${PORT:-84}"', { PORT: '' }, 84],
    ['"${PORT:-84}"', { PORT: '85' }, 85],
    ['os.environ/PORT', {}, ['server.port: needs the environment variable PORT, which is not set']],
    ['"${PORT}"', {}, ['server.port: needs the environment variable PORT, which is not set']],
    ['"${constructor}"', {}, ['server.port: needs the environment variable constructor, which is not set']],
    ['"${__proto__}"', {}, ['server.port: needs the environment variable __proto__, which is not set']],
    ['os.environ/', {}, ['server.port: must name a variable, as in os.environ/NAME']],
    ['"${P-X}"', {}, ['server.port: has a `${` that begins no variable name; write ${NAME}, or $${ for a literal ${']],
    [
      '"${A:-${B}}"',
      {},
      ['server.port: has a `${` that begins no variable name; write ${NAME}, or $${ for a literal ${'],
    ],
  ])('%s with %j', (written, variables, expected) => {
    expect(port(written, variables)).toEqual(expected)
  })

  test('$${ is a literal ${', () => {
    const guard =
      'guard: { input: { scanners: [BanSubstrings], settings: { BanSubstrings: { substrings: ["$${jndi:"] } } } }\n'
    expect(config(hosts + guard).guard.input.settings.BanSubstrings?.substrings).toEqual(['${jndi:'])
  })

  test('a key of digits from a variable stays text', () => {
    const loaded = load(`${hosts}server: { keys: ["\${KEY}"] }`, { KEY: '1234567890123456' })
    expect(loaded).toMatchObject({ ok: true, config: { server: { keys: ['1234567890123456'] } } })
  })

  test('an option from a variable is a number where it looks like one', () => {
    const loaded = load(`${hosts}models: [{ name: m, options: { num_ctx: "\${CTX}" } }]`, { CTX: '8192' })
    expect(loaded).toMatchObject({ ok: true, config: { models: [{ options: { num_ctx: 8192 } }] } })
  })

  test('no problem shows the value of a variable, a key, or a password in a URL', () => {
    const text = `
hosts: [{ id: a, url: os.environ/SECRET }, { id: b, url: "http://u:hunter2@h:1/p/@x" }, { id: "\${SECRET}", url: "\${SECRET}" }]
strategy: \${SECRET}
server: { keys: ["hunter2 with spaces"], port: "\${SECRET}" }
redis: { prefix: "\${SECRET}" }
`
    const shown = problems(text, { SECRET: 'hunter2 !' })
    expect(shown.length).toBeGreaterThan(5)
    expect(shown.join('\n')).not.toContain('hunter2')
  })
})

test('keys that mean something to JavaScript are unknown keys and nothing more', () => {
  const text = `${hosts}__proto__: { strategy: x }\nconstructor: 1\nmodels: [{ name: m, options: { __proto__: { a: 1 } } }]\n`
  expect(problems(text).filter(problem => /__proto__|constructor/.test(problem.split(':')[0]!))).toHaveLength(2)
  expect(({} as Record<string, unknown>)['strategy']).toBeUndefined()
})
