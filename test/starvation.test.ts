import { expect, inject, test } from 'vitest'
import { chat } from './support/chat.ts'
import { startStack } from './support/stack.ts'

test('a backlog of one model does not starve another on the same host', async () => {
  await using stack = await startStack({
    redisUrl: inject('redisUrl'),
    hosts: [{ models: ['ma', 'mb'], maxLoadedModels: 2, tokenMs: 5 }],
    // Until it was loaded once, nobody knows that the host has room for both.
    config: { slots: 1, queue: { swapAfterMs: 30 } },
  })
  const [host] = stack.hosts
  const leave = new AbortController()
  const backlog = Array.from({ length: 40 }, () =>
    chat(stack.url, { body: { model: 'ma', max_tokens: 20 }, signal: leave.signal }).catch(() => {}),
  )
  await host!.waitFor(() => host!.requests.length > 1, 10_000)
  for (const model of ['mb', 'mb', 'mb']) {
    const before = host!.requests.length
    expect((await chat(stack.url, { body: { model, max_tokens: 3 } })).status).toBe(200)
    expect(host!.requests.length - before).toBeLessThanOrEqual(4)
  }
  leave.abort()
  await Promise.all(backlog)
})
