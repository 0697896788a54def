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
  await expect.poll(() => queue.getWaitingCount()).toBe(1)
  leave.abort()
  await second.catch(() => {})
  await expect.poll(() => queue.getWaitingCount()).toBe(0)
  expect((await first).text).toBe(answer(1, 100))
  await delay(100)
  expect(host!.requests).toHaveLength(1)
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
