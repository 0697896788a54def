import { describe, expect, test } from 'vitest'
import { loadConfig } from './load.ts'

const load = (text: string) => loadConfig(text, { fileName: 'drover.yaml', env: {} })

const problems = (text: string): string[] => {
  const loaded = load(text)
  return loaded.ok ? [] : loaded.problems.map(({ path, message }) => `${path}: ${message}`)
}

const hosts = 'hosts: [{ id: a, url: "http://h:11434" }, { id: b, url: "http://i:11434" }]\n'

describe('what one value alone cannot show', () => {
  const cases: [string, string, string][] = [
    [
      'listening beyond loopback without a key',
      'server: { host: 0.0.0.0 }',
      'server.host: must be 127.0.0.1 while server.keys is empty: on 0.0.0.0 anybody could use the hosts; add a key, for instance keys: [os.environ/DROVER_KEY]',
    ],
    [
      'two models of one name',
      'models: [{ name: m }, { name: "M:latest" }]',
      'models[1].name: must be unique; models[0].name is the same name (case and ":latest" do not count)',
    ],
    [
      'an alias that is another model',
      'models: [{ name: m, aliases: [n] }, { name: n }]',
      'models[1].name: must be unique; models[0].aliases[0] is the same name (case and ":latest" do not count)',
    ],
    [
      'a host that does not exist',
      'models: [{ name: m, hosts: [{ id: gpu-1, model: x }] }]',
      'models[0].hosts[0]: must be the id of a host; there is no host `gpu-1`',
    ],
    [
      'a host twice in a model',
      'models: [{ name: m, hosts: [a, { id: a, model: x }] }]',
      'models[0].hosts[1]: must be unique; the host `a` is listed already',
    ],
    [
      'more slots for a model than for all of them',
      'models: [{ name: m, hosts: [{ id: a, slots: 2 }] }]',
      'models[0].hosts[0].slots: must be at most the slots of the host `a`, which are 1',
    ],
    [
      'a pin on a host that does not serve the model',
      'models: [{ name: m, hosts: [a], pin: [a, b] }]',
      'models[0].pin[1]: must be one of models[0].hosts, which does not list `b`',
    ],
    [
      'a pin given twice',
      'models: [{ name: m, pin: [a, a] }]',
      'models[0].pin[1]: must be unique; the host `a` is listed already',
    ],
    [
      'a model that stands in for itself under another name',
      'models: [{ name: m, aliases: [n], contextFallbacks: ["N:latest"] }]',
      'models[0].contextFallbacks[0]: must be another model than the one it stands in for',
    ],
    [
      'a fallback given twice',
      'models: [{ name: m, fallbacks: [x, X] }]',
      'models[0].fallbacks[1]: must be unique; `X` is listed already',
    ],
    [
      'an admin listener beyond loopback without a key',
      'admin: { host: 0.0.0.0 }',
      'admin.host: must be 127.0.0.1 while admin.keys is empty: on 0.0.0.0 anybody could drain the hosts; add a key, for instance keys: [os.environ/DROVER_ADMIN_KEY]',
    ],
    [
      'an admin listener on the port of the server',
      'admin: { port: 8000 }',
      'admin.port: must be another port than server.port; it may go: the next one is taken',
    ],
    [
      'a scanner without what it needs',
      'guard: { output: { scanners: [BanSubstrings] } }',
      'guard.output.settings.BanSubstrings: is missing; the scanner BanSubstrings needs its `substrings`',
    ],
  ]
  test.each(cases)('%s is a problem', (_, text, expected) => {
    expect(problems(hosts + text)).toEqual([expected])
  })

  test.each(['http://localhost:1', 'http://127.0.0.1:1/', 'http://u:p@127.0.0.1:1'])('%s twice is a problem', url => {
    expect(problems(`hosts: [{ id: a, url: "${url}" }, { id: b, url: "http://127.0.0.1:1" }]`)).toEqual([
      'hosts[1].url: must be another server than that of hosts[0]; limits per model are models[].hosts[].slots',
    ])
  })

  test('a fallback that no host can have is a problem; where hosts serve whatever they have it is theirs to say', () => {
    const listed = 'hosts: [{ id: a, url: "http://h:1", models: [qwen3] }]\nmodels: [{ name: m, fallbacks: [qwen] }]'
    expect(problems(listed)).toEqual([
      'models[0].fallbacks[0]: must be a model; no host and no entry of models has `qwen`; did you mean `qwen3`?',
    ])
    expect(problems(listed.replace('[qwen3]', 'auto'))).toEqual([])
  })

  test('fallbacks may form chains and circles', () => {
    expect(problems(`${hosts}models: [{ name: m, fallbacks: [n] }, { name: n, fallbacks: [m] }]`)).toEqual([])
  })

  test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('listening on %s needs no key', address => {
    expect(problems(`${hosts}server: { host: "${address}" }`)).toEqual([])
  })

  const warnings: [string, string, string][] = [
    [
      'a host that serves nothing',
      `${hosts.trim().slice(0, -1)}, { id: c, url: "http://j:1", models: [] }]\nmodels: [{ name: m, hosts: [a, b] }]`,
      'hosts[2].models: is empty, and no entry of models lists the host: it serves nothing',
    ],
    [
      'a pin on a host that loads nothing on request',
      `${hosts.trim().slice(0, -1)}, { id: v, type: openai, url: "http://v:8000" }]\nmodels: [{ name: m, pin: [a, v] }]`,
      'models[0].pin[1]: has no effect: a host of type openai keeps in memory what it was started with',
    ],
    [
      'a key for operators that every client has',
      `${hosts}server: { keys: [0123456789abcdef] }\nadmin: { keys: [0123456789abcdef] }`,
      'admin.keys[0]: is one of server.keys too: every client could drain hosts',
    ],
    [
      'settings of a scanner that is not listed',
      `${hosts}guard: { input: { settings: { BanSubstrings: { substrings: [x] } } } }`,
      'guard.input.settings.BanSubstrings: has no effect: guard.input.scanners does not list BanSubstrings',
    ],
    [
      'a short key',
      `${hosts}server: { keys: [sk-1234] }`,
      'server.keys[0]: is easy to guess; use 16 characters or more',
    ],
  ]
  test.each(warnings)('%s: a warning', (_, text, expected) => {
    expect(load(text)).toMatchObject({ ok: true, warnings: [expected] })
  })
})
