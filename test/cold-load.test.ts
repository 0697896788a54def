import { expect, inject, test } from 'vitest'
import { answer } from './fakes/ollama/tokens.ts'
import { streamChat } from './support/chat.ts'
import { startStack } from './support/stack.ts'

test('a cold load is waited for: headers come within a second, heartbeats flow, and the answer is whole', async () => {
  await using stack = await startStack({
    redisUrl: inject('redisUrl'),
    hosts: [{ loadMs: 2_500 }],
    config: { server: { headersAfterMs: 500, heartbeatMs: 300 }, upstream: { idleTimeoutMs: 1_000 } },
  })
  const arrivals: { ms: number; piece: string }[] = []
  const began = performance.now()
  const result = await streamChat(stack.url, {
    body: { seed: 4, max_tokens: 10 },
    onData: piece => arrivals.push({ ms: performance.now() - began, piece }),
  })
  expect(result).toMatchObject({ text: answer(4, 10), end: 'length', done: true })
  expect(arrivals[0]?.ms).toBeLessThan(1_000)
  expect(arrivals.filter(({ piece }) => piece.startsWith(': ')).length).toBeGreaterThan(3)
})
