import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { checkConfig } from './check.ts'
import { convertConfigFile } from './convert.ts'

const fixture = (name: string): string => `${import.meta.dirname}/../../../shared/src/config/fixtures/${name}`

const run = async (command: typeof checkConfig, file: string, env: NodeJS.ProcessEnv = {}) => {
  const out: string[] = []
  const err: string[] = []
  const code = await command(file, { env, out: text => out.push(text), err: text => err.push(text) })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

test('checking a valid file says what drover would run with', async () => {
  const { code, out, err } = await run(checkConfig, fixture('litellm-older.yaml'))
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain('warning: llm_guard.input_scanning.settings.PromptInjection.threshold: ignored')
  expect(out).toContain('is valid')
  expect(out).toContain('192.168.1.11  http://192.168.1.11:11434  4 slots')
  expect(out).toContain('ollama/llama3.2  on 192.168.1.2 (llama3.2)')
  expect(out).toContain(
    'input: BanSubstrings, PromptInjection, Toxicity, Secrets; output: BanSubstrings, Toxicity, NoRefusal',
  )
})

test('checking a file that uses every key shows what the scheduler will do', async () => {
  const env = {
    GPU_2_ADDRESS: '10.0.0.12',
    BANNED_WORD: 'x',
    DROVER_KEY: 'k'.repeat(16),
    DROVER_ADMIN_KEY: 'a'.repeat(16),
  }
  const { code, out } = await run(checkConfig, fixture('drover-full.yaml'), env)
  expect(code).toBe(0)
  expect(out).toContain('gpu-1  http://10.0.0.11:11434  4 slots, 2 per model, models: whatever it has')
  expect(out).toContain('on gpu-1 (llama3.1:8b, 3 slots), gpu-2 (llama3.2)  pinned to gpu-1')
  expect(out).toContain('else llama3.2, qwen3:8b  for long prompts qwen3:8b')
  expect(out).toContain('on gpu-1, gpu-2 (1 slot)')
  expect(out).toMatch(/strategy +weighted/)
  expect(out).toMatch(/admin +0\.0\.0\.0:9100, 1 key/)
})

test('checking a broken file lists its problems', async () => {
  const { code, out, err } = await run(checkConfig, fixture('broken-drover.yaml'))
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain('hosts[1].slots: must be an integer from 1 to 1024, not 0')
  expect(err).toContain('has 33 problems')
})

test.each([
  ['/no/such/file', 'there is no such file'],
  [import.meta.dirname, 'it is a directory'],
])('%s cannot be read', async (file, reason) => {
  for (const command of [checkConfig, convertConfigFile]) {
    expect(await run(command, file)).toEqual({ code: 2, out: '', err: `${file}: cannot be read: ${reason}` })
  }
})

test('converting prints the file on one side and the warnings on the other', async () => {
  const { code, out, err } = await run(convertConfigFile, fixture('litellm-full.yaml'), {
    LITELLM_MASTER_KEY: 'sk-secret',
  })
  expect(code).toBe(0)
  expect(out).toMatch(/^hosts:\n/)
  expect(out).toContain('os.environ/LITELLM_MASTER_KEY')
  expect(out + err).not.toContain('sk-secret')
  expect(err).toContain('warning: router_settings.routing_strategy: is weighted')
})

test('converting a drover.yaml is refused', async () => {
  expect(await run(convertConfigFile, fixture('drover-minimal.yaml'))).toMatchObject({ code: 1, out: '' })
})

test('what only a guard would refuse at its start is refused too, and a banned string is not shown', async () => {
  const guard =
    'guard: { output: { scanners: [BanSubstrings], settings: { BanSubstrings: { substrings: [redacted], action: redact } } } }'
  await using folder = await mkdtempDisposable(path.join(tmpdir(), 'check-'))
  const file = path.join(folder.path, 'drover.yaml')
  await writeFile(file, `hosts: [{ id: a, url: http://127.0.0.1:1 }]\n${guard}`)
  const { code, err } = await run(checkConfig, file)
  expect([code, err]).toEqual([1, expect.stringContaining('redactWith must not contain what substrings[0] bans')])
})
