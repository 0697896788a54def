import { expect, inject, test } from 'vitest'
import type { FakeOllama } from './fakes/ollama/server.ts'
import { answer } from './fakes/ollama/tokens.ts'
import { chat, streamChat } from './support/chat.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

interface HostReport {
  readonly drained: boolean
  readonly running: number
}

const post = async (stack: Stack, path: string): Promise<HostReport> => {
  const response = await fetch(`${stack.adminUrl}/admin/hosts/${path}`, { method: 'POST' })
  expect(response.status).toBe(200)
  return (await response.json()) as HostReport
}

const report = async (stack: Stack, id: string): Promise<HostReport | undefined> => {
  const fleet = (await (await fetch(`${stack.adminUrl}/admin/fleet`)).json()) as {
    hosts: (HostReport & { id: string })[]
  }
  return fleet.hosts.find(host => host.id === id)
}

/** Loads not counted. */
const chats = (host: FakeOllama | undefined): number =>
  host?.requests.filter(({ path }) => path === '/api/chat').length ?? 0

test.each(['round_robin', 'least_busy'] as const)(
  'a drained host finishes what runs, takes nothing new, others take its waiting work; undrain brings it back: %s',
  async strategy => {
    // Under round_robin half of the work waits for the host that is drained; nothing but draining may free it.
    await using stack = await startStack({
      redisUrl,
      hosts: [{ tokenMs: 10 }, { tokenMs: 10 }],
      config: { strategy, slots: 1, queue: { rebindAfterMs: 600_000 } },
    })
    const [first, second] = stack.hosts
    const bodies = Array.from({ length: 8 }, (_, seed) => ({ seed, max_tokens: 20 }))
    const answers = bodies.map(body => streamChat(stack.url, { body }))
    await first?.waitFor(() => first.running === 1, 5_000)
    const before = chats(first)
    expect(await post(stack, 'h0/drain')).toMatchObject({ drained: true })

    for (const [seed, result] of (await Promise.all(answers)).entries())
      expect(result).toMatchObject({ status: 200, text: answer(seed, 20), end: 'length', done: true })
    // One may have been on its way to it.
    expect(chats(first)).toBeLessThanOrEqual(before + 1)
    expect(chats(first) + chats(second)).toBe(bodies.length)
    await expect.poll(() => report(stack, 'h0')).toMatchObject({ drained: true, running: 0 })

    const settled = chats(first)
    for (const body of bodies.slice(0, 4)) expect((await chat(stack.url, { body })).status).toBe(200)
    expect(chats(first)).toBe(settled)

    expect(await post(stack, 'h0/undrain')).toMatchObject({ drained: false })
    // Some milliseconds pass until every process has heard of it.
    const reached = async (): Promise<boolean> => {
      await Promise.all(bodies.slice(0, 2).map(body => chat(stack.url, { body })))
      return chats(first) > settled
    }
    await expect.poll(reached, { timeout: 10_000 }).toBe(true)
  },
)

test('with every host drained a request is refused, and answered once one is back', async () => {
  await using stack = await startStack({ redisUrl })
  await post(stack, 'h0/drain')
  await expect.poll(async () => (await chat(stack.url)).end, { timeout: 5_000 }).toBe('no_healthy_backends')
  await post(stack, 'h0/undrain')
  await expect.poll(async () => (await chat(stack.url)).status, { timeout: 5_000 }).toBe(200)
})
