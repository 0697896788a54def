import { queues } from '@drover/shared/queues'
import { Queue } from 'bullmq'
import { describe, expect, inject, test } from 'vitest'
import { answer } from './fakes/ollama/tokens.ts'
import { chat, streamChat } from './support/chat.ts'
import { startStack } from './support/stack.ts'

const redisUrl = inject('redisUrl')
const body = { seed: 7, max_tokens: 40 }
const whole = answer(7, 40)

describe('before the first token another host takes over and the client sees nothing of it', () => {
  test.each([
    ['a 500', { kind: 'status', status: 500, body: '{"error":"model requires more system memory"}' }],
    ['an HTML 502', { kind: 'status', status: 502, body: '<html>bad gateway</html>' }],
    ['a reset', { kind: 'reset', afterTokens: 0 }],
    ['a clean end without an answer', { kind: 'eof', afterTokens: 0 }],
    ['garbage', { kind: 'garbage', afterTokens: 0 }],
    ['half a line', { kind: 'halfLine', afterTokens: 0 }],
    ['an error line', { kind: 'errorLine', afterTokens: 0, message: 'boom' }],
    ['a line of 5 MB', { kind: 'bigLine', bytes: 5_000_000, afterTokens: 0 }],
  ] as const)('%s', async (_name, fault) => {
    await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
    for (const host of stack.hosts) host.faults.next(fault)
    // Both hosts fail once: the first try, and the second on the other host; the third, after a pause, succeeds.
    const result = await streamChat(stack.url, { body })
    expect(result).toMatchObject({ status: 200, text: whole, end: 'length', done: true })
    expect(stack.hosts.map(host => host.requests.length).sort((a, b) => a - b)).toEqual([1, 2])
  })

  test('a busy host is back-pressure: the request waits and is answered', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{}] })
    for (let times = 0; times < 3; times += 1) stack.hosts[0]?.faults.next({ kind: 'busy' })
    const result = await chat(stack.url, { body })
    expect(result).toMatchObject({ status: 200, text: whole })
    expect(stack.hosts[0]?.requests).toHaveLength(4)
  })

  test('a host that is down is left alone and comes back by itself', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
    await stack.hosts[0]?.setDown(true)
    const results = await Promise.all(Array.from({ length: 8 }, () => chat(stack.url, { body })))
    expect(results.map(result => result.text)).toEqual(Array.from({ length: 8 }, () => whole))
    expect(stack.hosts[1]?.requests).toHaveLength(8)
    await stack.hosts[0]?.setDown(false)
    await stack.hosts[1]?.setDown(true)
    // Waits in the queue, or is accepted as soon as the host is seen up again.
    await expect.poll(async () => (await chat(stack.url, { body })).text, { timeout: 10_000 }).toBe(whole)
    expect(stack.hosts[0]?.requests.length).toBeGreaterThan(0)
  })

  test('a request that every host fails ends with one error that says so', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
    for (const host of stack.hosts)
      for (let times = 0; times < 4; times += 1)
        host.faults.next({ kind: 'status', status: 500, body: '{"error":"no"}' })
    const result = await chat(stack.url, { body })
    expect(result).toMatchObject({ status: 502, end: 'upstream_failed' })
    expect(stack.hosts.reduce((sum, host) => sum + host.requests.length, 0)).toBe(4)
  })

  test("what the request itself got wrong is told at once, with the host's words, and tried nowhere else", async () => {
    await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
    for (const host of stack.hosts)
      host.faults.next({ kind: 'status', status: 400, body: '{"error":"typical_p is no longer supported"}' })
    const result = await streamChat(stack.url, { body })
    expect(result).toMatchObject({ status: 400, end: 'model_unsupported' })
    expect(result.raw).toContain('typical_p is no longer supported')
    expect(stack.hosts.reduce((sum, host) => sum + host.requests.length, 0)).toBe(1)
  })
})

describe('after the first token a failure is one well-formed error event, never a silent end', () => {
  test.each([
    ['a reset', { kind: 'reset', afterTokens: 10 }, 'upstream_lost'],
    ['a clean end without done', { kind: 'eof', afterTokens: 10 }, 'upstream_lost'],
    ['half a line', { kind: 'halfLine', afterTokens: 10 }, 'upstream_lost'],
    ['garbage', { kind: 'garbage', afterTokens: 10 }, 'upstream_lost'],
    ["the host's own error line", { kind: 'errorLine', afterTokens: 10, message: 'out of memory' }, 'upstream_error'],
  ] as const)('%s', async (_name, fault, code) => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 5 }] })
    stack.hosts[0]?.faults.next(fault)
    const result = await streamChat(stack.url, { body })
    expect(result).toMatchObject({ status: 200, end: code, done: false })
    expect(result.text.length).toBeGreaterThan(0)
    expect(whole.startsWith(result.text)).toBe(true)
  })

  test('a stall ends with an error when the idle time is over', async () => {
    await using stack = await startStack({
      redisUrl,
      hosts: [{ tokenMs: 5 }],
      config: { upstream: { idleTimeoutMs: 1_000 } },
    })
    stack.hosts[0]?.faults.next({ kind: 'stall', afterTokens: 10 })
    const result = await streamChat(stack.url, { body })
    expect(result).toMatchObject({ status: 200, end: 'upstream_lost', done: false })
    await stack.hosts[0]?.waitFor(() => stack.hosts[0]?.inFlight === 0, 2_000)
  })
})

test.each([true, false])('of two choices one that fails ends the answer at once, stream: %s', async stream => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
  const [host] = stack.hosts
  host?.faults.next({ kind: 'reset', afterTokens: 5 }, { kind: 'neverAnswer' })
  const result = await chat(stack.url, { body: { ...body, n: 2, stream } })
  expect(result.end).toBe('upstream_lost')
  await host?.waitFor(() => host.inFlight === 0, 2_000)
})

test('UTF-8 that the host cuts anywhere arrives whole', async () => {
  await using stack = await startStack({ redisUrl })
  stack.hosts[0]?.faults.next({ kind: 'splitBytes' })
  expect(await streamChat(stack.url, { body })).toMatchObject({ text: whole, done: true })
})

test('a host that was not there at the start is shown as down, and used when it comes', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
  await stack.hosts[0]?.setDown(true)
  const health = async (): Promise<{ unhealthy_endpoints: { id: string; reason: string }[] }> =>
    (await fetch(`${stack.url}/health`)).json() as never
  await expect.poll(async () => (await health()).unhealthy_endpoints.map(({ id }) => id)).toEqual(['h0'])
  await stack.hosts[0]?.setDown(false)
  await expect.poll(async () => (await health()).unhealthy_endpoints).toEqual([])
})

test('a job that cannot be read ends its response with an error, not with silence', async () => {
  await using stack = await startStack({ redisUrl })
  const queue = new Queue(queues.group('llama3.2'), { connection: stack.redis, prefix: stack.keys.prefix })
  await queue.add('chat', { from: 'the future' }, { jobId: 'r_unread' })
  const last = async (): Promise<string> =>
    (await stack.redis.xrange(stack.keys.log('r_unread', 'out'), '-', '+')).join()
  // Nobody told the workers of it: they find it when they look.
  await expect.poll(last, { timeout: 15_000 }).toContain('internal_error')
})
