import { expect, inject, test } from 'vitest'
import { chat } from './support/chat.ts'
import { startStack } from './support/stack.ts'

const redisUrl = inject('redisUrl')
const server = { keys: ['sk-many', 'sk-few'] }
const many = { authorization: 'Bearer sk-many' }
const few = { authorization: 'Bearer sk-few' }

/** What a request of 10 tokens takes on this host. */
const tokenMs = 20
const body = { max_tokens: 10 }

test('a caller with a long backlog delays another caller by one service time at most', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs }], config: { slots: 1, server } })
  const host = stack.hosts[0]!
  const leave = new AbortController()
  const backlog = Array.from({ length: 200 }, () =>
    chat(stack.url, { body, headers: many, signal: leave.signal }).catch(() => {}),
  )
  await host.waitFor(() => host.requests.length > 1, 10_000)
  for (let nth = 0; nth < 5; nth += 1) {
    const before = host.requests.length
    expect(await chat(stack.url, { body, headers: few })).toMatchObject({ status: 200 })
    // The one that runs when it comes, itself, and the one that starts when it ends.
    expect(host.requests.length - before).toBeLessThanOrEqual(3)
  }
  leave.abort()
  await Promise.all(backlog)
})

test('callers with backlogs take turns', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 5 }], config: { slots: 1, server } })
  const ended: string[] = []
  const send = async (headers: Record<string, string>, name: string): Promise<void> => {
    await chat(stack.url, { body, headers })
    ended.push(name)
  }
  const first = Array.from({ length: 20 }, () => send(many, 'many'))
  await stack.hosts[0]!.waitFor(() => stack.hosts[0]!.running === 1, 5_000)
  await Promise.all([...first, ...Array.from({ length: 10 }, () => send(few, 'few'))])
  // While both have some: every second one is the other's.
  const last = ended.lastIndexOf('few')
  expect(last).toBeLessThanOrEqual(23)
  for (let at = ended.indexOf('few'); at < last - 1; at += 1) expect(ended.slice(at, at + 3)).toContain('few')
})

test('a caller who leaves with a whole backlog is not held to it', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs }], config: { slots: 1, server } })
  const host = stack.hosts[0]!
  const leave = new AbortController()
  const other = Array.from({ length: 30 }, () => chat(stack.url, { body, headers: few }))
  const backlog = Array.from({ length: 100 }, () =>
    chat(stack.url, { body, headers: many, signal: leave.signal }).catch(() => {}),
  )
  await host.waitFor(() => host.requests.length > 3, 10_000)
  leave.abort()
  await Promise.all(backlog)
  const queue = `${stack.keys.prefix}:{chat-llama3.2}:prioritized`
  await expect.poll(() => stack.redis.zcard(queue)).toBeLessThanOrEqual(30)
  const before = host.requests.length
  expect(await chat(stack.url, { body, headers: many })).toMatchObject({ status: 200 })
  expect(host.requests.length - before).toBeLessThanOrEqual(4)
  await Promise.all(other)
})

test('what is in no hurry waits for what is', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }], config: { slots: 1 } })
  const host = stack.hosts[0]!
  const later = [
    ...Array.from({ length: 10 }, () => chat(stack.url, { body, headers: { 'x-drover-class': 'batch' } })),
    ...Array.from({ length: 10 }, () => chat(stack.url, { body: { ...body, service_tier: 'flex' } })),
  ]
  await host.waitFor(() => host.running === 1, 5_000)
  const before = host.requests.length
  expect(await chat(stack.url, { body })).toMatchObject({ status: 200 })
  expect(host.requests.length - before).toBeLessThanOrEqual(2)
  expect(new Set((await Promise.all(later)).map(result => result.status))).toEqual(new Set([200]))
})
