import { hostAliveMs } from '@drover/shared/redis/keys'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { startStack } from './support/stack.ts'

test('a host that does not answer its probes keeps nobody from hearing of the others', async () => {
  const probe = { intervalMs: 300, timeoutMs: 60_000 }
  await using stack = await startStack({ redisUrl: inject('redisUrl'), hosts: [{}, {}], config: { probe } })
  const { redis, keys, hosts } = stack
  hosts[1]?.faults.every({ kind: 'probeHang' })
  await delay(2_000)
  expect(await redis.pttl(keys.hostAlive('h0'))).toBeGreaterThan(hostAliveMs - 1_000)
})
