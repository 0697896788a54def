import { setStrategy } from '@drover/shared/settings'
import { expect, inject, test } from 'vitest'
import { chat } from './support/chat.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

const counts = (stack: Stack): number[] => stack.hosts.map(host => host.requests.length)

/** `count` requests, so many at a time. */
const load = async (stack: Stack, count: number, atOnce: number): Promise<void> => {
  let sent = 0
  const one = async (): Promise<void> => {
    while (sent < count) {
      sent += 1
      expect(await chat(stack.url, { body: { max_tokens: 3 } })).toMatchObject({ status: 200, end: 'length' })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
}

test('round robin gives every host its turn, however busy they are', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 1 }, { tokenMs: 2 }, { tokenMs: 4 }],
    config: { strategy: 'round_robin', slots: 2, queue: { rebindAfterMs: 60_000 } },
  })
  for (let sent = 1; sent <= 9; sent += 1) {
    await load(stack, 1, 1)
    expect(Math.max(...counts(stack)) - Math.min(...counts(stack))).toBeLessThanOrEqual(1)
  }
  await load(stack, 90, 30)
  expect(counts(stack)).toEqual([33, 33, 33])
})

test('weighted 1:2:3 holds at low load and under load', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{}, {}, {}],
    hostConfig: [{ weight: 1 }, { weight: 2 }, { weight: 3 }],
    config: { strategy: 'weighted', slots: 2, queue: { rebindAfterMs: 60_000 } },
  })
  await load(stack, 60, 1)
  expect(counts(stack)).toEqual([10, 20, 30])
  await load(stack, 300, 40)
  for (const [index, share] of [60, 120, 180].entries()) {
    expect(counts(stack)[index]).toBeGreaterThanOrEqual(share * 0.98)
    expect(counts(stack)[index]).toBeLessThanOrEqual(share * 1.02)
  }
})

test('the strategy changes while drover runs', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{}, {}], hostConfig: [{ slots: 1 }, { slots: 4 }] })
  await setStrategy(stack.redis, stack.keys, 'round_robin')
  const settings = async (): Promise<unknown> => (await fetch(`${stack.adminUrl}/admin/settings`)).json()
  await expect.poll(settings).toMatchObject({ strategy: 'round_robin' })
  // Told over the fleet channel: a matter of a round trip.
  await expect
    .poll(async () => {
      const before = counts(stack)
      await load(stack, 4, 1)
      return counts(stack).map((count, index) => count - before[index]!)
    })
    .toEqual([2, 2])
})

test('what waits for a host that stays busy goes to one that is free', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 200, tokens: 50 }, {}],
    config: { strategy: 'round_robin', slots: 1, queue: { rebindAfterMs: 500 } },
  })
  const [slow] = stack.hosts
  const leave = new AbortController()
  const long = Array.from({ length: 2 }, () => chat(stack.url, { signal: leave.signal }).catch(() => {}))
  await slow!.waitFor(() => slow!.running === 1, 5_000)
  const startedMs = performance.now()
  await load(stack, 6, 6)
  expect(performance.now() - startedMs).toBeLessThan(5_000)
  expect(slow!.requests).toHaveLength(1)
  leave.abort()
  await Promise.all(long)
})
