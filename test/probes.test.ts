import { hostAliveMs } from '@drover/shared/redis/keys'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { answer } from './fakes/ollama/tokens.ts'
import { chat } from './support/chat.ts'
import { startStack } from './support/stack.ts'

test('a host that does not answer its probes keeps nobody from hearing of the others', async () => {
  const probe = { intervalMs: 300, timeoutMs: 60_000 }
  await using stack = await startStack({ redisUrl: inject('redisUrl'), hosts: [{}, {}], config: { probe } })
  const { redis, keys, hosts } = stack
  hosts[1]?.faults.every({ kind: 'probeHang' })
  await delay(2_000)
  expect(await redis.pttl(keys.hostAlive('h0'))).toBeGreaterThan(hostAliveMs - 1_000)
})

test.each([
  ['HTML from /api/tags', { kind: 'probeGarbage', path: '/api/tags' }],
  ['HTML from /api/ps', { kind: 'probeGarbage', path: '/api/ps' }],
  ['another JSON than Ollama gives', { kind: 'probeBody', path: '/api/ps', body: '{"models":[{"name":1e308}]}' }],
  ['half a JSON', { kind: 'probeBody', path: '/api/tags', body: '{"models":[' }],
  ['a list without end', { kind: 'probeFlood', path: '/api/tags', models: 20_000 }],
] as const)(
  'a host that answers its probes with %s is down, says why, and is back with its senses',
  async (_what, fault) => {
    await using stack = await startStack({ redisUrl: inject('redisUrl'), hosts: [{}, {}] })
    const states = async (): Promise<string[]> => {
      const health = (await (await fetch(`${stack.url}/health`)).json()) as {
        unhealthy_endpoints: { reason: string }[]
      }
      return health.unhealthy_endpoints.map(({ reason }) => reason)
    }
    const [mad] = stack.hosts
    mad!.faults.every(fault)
    await expect.poll(states, { timeout: 5_000 }).toEqual([expect.stringMatching(/\/api\/|answer/)])
    const { status, text } = await chat(stack.url, { body: { seed: 1, max_tokens: 3 } })
    expect({ status, text }).toEqual({ status: 200, text: answer(1, 3) })
    mad!.faults.clear()
    await expect.poll(states, { timeout: 5_000 }).toEqual([])
  },
)
