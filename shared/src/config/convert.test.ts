import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { convertConfig, loadConfig } from './load.ts'

const env = {
  OLLAMA_C_URL: 'http://c:11434',
  OLLAMA_KEY: 'key-of-a',
  VLLM_KEY: 'key-of-vllm',
  LITELLM_MASTER_KEY: 'sk-0123456789abcdef',
}
type Variables = Record<string, string | undefined>

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const load = (text: string, variables: Variables) => loadConfig(text, { fileName: 'config.yaml', env: variables })
const convert = (text: string, variables: Variables = {}) =>
  convertConfig(text, { fileName: 'config.yaml', env: variables })

const names = ['three-hosts', 'older', 'full', 'anchors', 'openai'].map(name => `litellm-${name}.yaml`)
test.each(names)('converting %s gives a drover.yaml that means the same', name => {
  const converted = convert(fixture(name), env)
  if (!converted.ok) throw new Error(JSON.stringify(converted.problems))
  const before = load(fixture(name), env)
  const own = load(converted.yaml, { ...env, SLOTS_B: '3' })
  expect(own).toMatchObject({ ok: true, config: before.ok ? before.config : undefined })
})

test('converting keeps references, needs no variable, and writes no secret and no default', () => {
  const converted = convert(fixture('litellm-full.yaml'), {})
  const secret = convert(fixture('litellm-full.yaml'), env)
  if (!converted.ok || !secret.ok) throw new Error('refused')
  expect(converted.yaml).toBe(secret.yaml)
  expect(converted.yaml).toContain('- os.environ/LITELLM_MASTER_KEY')
  expect(converted.yaml).toContain('slots: os.environ/SLOTS_B')
  expect(converted.yaml).toContain('apiKey: os.environ/OLLAMA_KEY')
  expect(converted.yaml).not.toMatch(/weight: 1$|slots: 1$|enabled|least_busy/m)
})

test('converting writes the keys in the order of the schema', () => {
  const converted = convert(fixture('litellm-three-hosts.yaml'))
  expect(converted.ok && converted.yaml).toMatch(/^hosts:\n {2}- id: .*\n {4}url: .*\n {4}slots: 2\n {4}models: \[\]\n/)
})

test('converting refuses what is no LiteLLM file, and one with problems', () => {
  expect(convert(fixture('drover-minimal.yaml'))).toEqual({
    ok: false,
    problems: [{ path: 'config.yaml', message: 'is no LiteLLM file; there is nothing to convert' }],
  })
  expect(convert(fixture('broken-litellm.yaml')).ok).toBe(false)
})
