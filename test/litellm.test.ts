import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, inject, test } from 'vitest'
import { readConfigFile } from '@drover/shared/config/read-file'
import { answer } from './fakes/ollama/tokens.ts'
import { startFakeOllama } from './fakes/ollama/server.ts'
import { streamChat } from './support/chat.ts'
import { startDrover } from './support/drover.ts'

const redisUrl = inject('redisUrl')

test('a LiteLLM file that names three hosts is read as it is: 300 streams spread over them, all bytes right', async () => {
  await using stack = new AsyncDisposableStack()
  const hosts = await Promise.all(
    Array.from({ length: 3 }, async () => stack.use(await startFakeOllama({ parallel: 20, tokenMs: 10 }))),
  )
  const model_list = hosts.map(({ url }) => ({
    model_name: 'ollama/llama3.2',
    litellm_params: { model: 'ollama/llama3.2', api_base: url, max_parallel_requests: 20 },
  }))
  const litellm = {
    load_balancing_config: { strategy: 'least_busy', model_list },
    llm_guard: {
      enabled: true,
      input_scanning: { scanners: ['BanSubstrings'], settings: { BanSubstrings: { substrings: ['zzz'] } } },
      output_scanning: { scanners: ['BanSubstrings'], settings: { BanSubstrings: { substrings: ['zzz'] } } },
    },
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'drover-litellm-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'litellm.yaml')
  await writeFile(file, JSON.stringify(litellm))
  expect(await readConfigFile(file, {})).toMatchObject({ ok: true, config: { strategy: 'least_busy' } })

  const drover = stack.use(await startDrover(litellm, { env: { REDIS_URL: redisUrl } }))
  const health = (await (await fetch(`${drover.url}/health`)).json()) as { healthy_count: number }
  expect(health.healthy_count).toBe(3)

  const results = await Promise.all(
    Array.from({ length: 300 }, (_, seed) =>
      streamChat(drover.url, { body: { model: 'ollama/llama3.2', seed, max_tokens: 20 } }),
    ),
  )
  for (const [seed, result] of results.entries())
    expect(result, `stream ${seed}`).toMatchObject({ status: 200, text: answer(seed, 20), end: 'length', done: true })
  for (const host of hosts) {
    expect(host.requests.length).toBeGreaterThan(60)
    expect(host.inFlightMax).toBeLessThanOrEqual(20)
  }
}, 60_000)
