import type { ModelRequest } from '@drover/shared/requests'
import { configSchema } from '@drover/shared/config/schema'
import { expect, test } from 'vitest'
import { startFakeOllama } from './fakes/ollama/server.ts'
import { OllamaHost } from '../services/worker/src/hosts/ollama.ts'

const open = (url: string): OllamaHost => {
  const config = configSchema.parse({ hosts: [{ id: 'h', url }] })
  return new OllamaHost(config.hosts[0]!, config.upstream)
}

test('a model that was loaded ahead is in memory, and requests with the same options do not load it again', async () => {
  await using fake = await startFakeOllama({ loadMs: 20 })
  await using host = open(fake.url)
  const options = { num_ctx: '2048' }
  await host.load('llama3.2', options, AbortSignal.timeout(5_000))
  expect(fake.loads).toBe(1)
  expect((await host.probe(AbortSignal.timeout(5_000))).loaded.map(({ name }) => name)).toEqual(['llama3.2:latest'])
  const request: ModelRequest = {
    kind: 'chat',
    messages: [{ role: 'user', content: 'hi' }],
    options: { num_predict: '2' },
    keepAliveS: -1,
  }
  for await (const _ of host.run('llama3.2', request, options, AbortSignal.timeout(5_000)));
  expect(fake.loads).toBe(1)
})

test('a load that the host refuses is its failure, and one that is given up says so', async () => {
  await using fake = await startFakeOllama({ loadMs: 2_000 })
  await using host = open(fake.url)
  await expect(host.load('absent', {}, AbortSignal.timeout(5_000))).rejects.toMatchObject({ kind: 'model_missing' })
  const stop = new AbortController()
  const loading = host.load('llama3.2', {}, stop.signal)
  stop.abort(new Error('over'))
  await expect(loading).rejects.toThrow('over')
})
