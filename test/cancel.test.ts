import { queues } from '@drover/shared/queues'
import { Queue } from 'bullmq'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { answer } from './fakes/ollama/tokens.ts'
import { chat, streamChat } from './support/chat.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')
const guard = {
  input: { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: { substrings: ['zzz'] } } },
  output: { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: { substrings: ['zzz'] } } },
}

const leaveAfter = async (url: string, pieces: number, body: object): Promise<number> => {
  const leave = new AbortController()
  let seen = 0
  const result = streamChat(url, {
    body: { ...body },
    signal: leave.signal,
    onData: () => {
      seen += 1
      if (seen === pieces) leave.abort()
    },
  })
  await result.catch(() => {})
  return performance.now()
}

test.each([
  ['without a guard', {}],
  ['through both guards', { guard }],
])('a client that leaves stops the generation within a second, %s', async (_name, config) => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }], config })
  const [host] = stack.hosts
  const left = await leaveAfter(stack.url, 3, {})
  await host!.waitFor(() => host!.requests[0]?.outcome === 'aborted', 2_000)
  expect(performance.now() - left).toBeLessThan(1_000)
  await expectIdle(stack)
})

test('a client that leaves after its job moved to another host stops the generation there', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [
      { tokenMs: 10, tokens: 10_000 },
      { tokenMs: 10, tokens: 10_000 },
    ],
  })
  for (const host of stack.hosts) host.faults.next({ kind: 'status', status: 500, body: '{"error":"no"}' })
  const left = await leaveAfter(stack.url, 3, {})
  const ended = (): boolean => stack.hosts.some(host => host.requests.some(request => request.outcome === 'aborted'))
  await Promise.race(stack.hosts.map(host => host.waitFor(ended, 2_000)))
  expect(performance.now() - left).toBeLessThan(1_000)
})

test('a client of a whole answer that leaves stops the generation, too', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
  const [host] = stack.hosts
  const leave = new AbortController()
  const result = chat(stack.url, { signal: leave.signal })
  await host!.waitFor(() => (host!.requests[0]?.tokens ?? 0) > 2, 5_000)
  leave.abort()
  await expect(result).rejects.toThrow()
  await host!.waitFor(() => host!.requests[0]?.outcome === 'aborted', 1_000)
})

test('a client that leaves while queued never reaches the host', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 5, tokens: 100 }], config: { slots: 1 } })
  const [host] = stack.hosts
  const first = streamChat(stack.url, { body: { seed: 1 } })
  await host!.waitFor(() => host!.running === 1, 5_000)
  const leave = new AbortController()
  const second = streamChat(stack.url, { signal: leave.signal, body: { seed: 2 } })
  const queue = new Queue(queues.group('llama3.2'), { connection: stack.redis, prefix: stack.keys.prefix })
  await expect.poll(() => queue.getPrioritizedCount()).toBe(1)
  leave.abort()
  await second.catch(() => {})
  await expect.poll(() => queue.getPrioritizedCount()).toBe(0)
  expect((await first).text).toBe(answer(1, 100))
  await delay(100)
  expect(host!.requests).toHaveLength(1)
})

/** Requests that reached any of the hosts. */
const reached = (stack: Stack): number => stack.hosts.reduce((sum, host) => sum + host.requests.length, 0)

const running = (stack: Stack): number => stack.hosts.reduce((sum, host) => sum + host.running, 0)

test('a queued request whose client left never reaches a host, also when it was bound to one', async () => {
  const hosts = [
    { tokenMs: 5, tokens: 100 },
    { tokenMs: 5, tokens: 100 },
  ]
  await using stack = await startStack({ redisUrl, hosts, config: { slots: 1, strategy: 'round_robin' } })
  const kept = [streamChat(stack.url, {}), streamChat(stack.url, {})]
  await expect.poll(() => running(stack), { timeout: 5_000 }).toBe(2)
  const leave = new AbortController()
  const left = [1, 2, 3, 4].map(seed => streamChat(stack.url, { signal: leave.signal, body: { seed } }).catch(() => {}))
  const bound = ['h0', 'h1'].map(
    id => new Queue(queues.host(id, 'llama3.2'), { connection: stack.redis, prefix: stack.keys.prefix }),
  )
  const waiting = async (): Promise<number> =>
    (await Promise.all(bound.map(queue => queue.getJobCountByTypes('wait', 'prioritized')))).reduce((a, b) => a + b)
  await expect.poll(waiting).toBe(4)
  leave.abort()
  await Promise.all(left)
  for (const result of await Promise.all(kept)) expect(result.end).toBe('stop')
  await expect.poll(waiting).toBe(0)
  await delay(200)
  expect(reached(stack)).toBe(2)
})

test('a queued request whose client left never reaches another host than the one that failed it', async () => {
  const hosts = [
    { tokenMs: 5, tokens: 200 },
    { tokenMs: 5, tokens: 200 },
  ]
  await using stack = await startStack({ redisUrl, hosts, config: { slots: 1, strategy: 'round_robin' } })
  const kept = streamChat(stack.url, {})
  await expect.poll(() => running(stack), { timeout: 5_000 }).toBe(1)
  const free = stack.hosts.find(host => host.running === 0)
  free?.faults.next({ kind: 'status', status: 500, body: '{"error":"no"}' })
  const leave = new AbortController()
  const left = streamChat(stack.url, { signal: leave.signal }).catch(() => {})
  await free?.waitFor(() => free.requests.length === 1, 5_000)
  await delay(100)
  leave.abort()
  await left
  await kept
  await delay(200)
  expect(reached(stack)).toBe(2)
})

test('a slot that a leaving client frees is taken by the next job at once', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 1_000 }], config: { slots: 1 } })
  const leave = new AbortController()
  const first = streamChat(stack.url, { signal: leave.signal, body: { seed: 1 } }).catch(() => {})
  const [host] = stack.hosts
  await host!.waitFor(() => host!.running === 1, 5_000)
  const second = streamChat(stack.url, { body: { seed: 2, max_tokens: 5 } })
  leave.abort()
  await first
  expect((await second).text).toBe(answer(2, 5))
  expect(host!.requests.map(request => request.outcome)).toEqual(['aborted', 'done'])
})

/** Nothing waits and nothing runs on any queue. */
const expectIdle = async (stack: Stack): Promise<void> => {
  for (const name of [queues.guardInput, queues.guardOutput, queues.group('llama3.2')]) {
    const queue = new Queue(name, { connection: stack.redis, prefix: stack.keys.prefix })
    await expect
      .poll(() => queue.getJobCounts('active', 'wait', 'delayed', 'prioritized'), { timeout: 3_000 })
      .toEqual({ active: 0, wait: 0, delayed: 0, prioritized: 0 })
  }
}
