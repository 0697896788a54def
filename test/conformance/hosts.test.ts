import { describe, expect, inject, test } from 'vitest'
import { startFakeOllama } from '../fakes/ollama/server.ts'
import { answer } from '../fakes/ollama/tokens.ts'
import { chat, streamChat, type ChatResult } from '../support/chat.ts'
import { startDrover } from '../support/drover.ts'
import { readLines } from '../support/ndjson.ts'
import { startRedisServer } from '../support/redis-server.ts'
import { ask, post } from '../support/sse-client.ts'
import { startStack } from '../support/stack.ts'

/** What hosts, and what is beneath drover, may do to an answer. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')
const body = { seed: 7, max_tokens: 40 }
const whole = answer(7, 40)

/** The bytes are right as far as they go, and the end is one that a client can see. */
const expectHonest = (result: ChatResult, text: string): void => {
  expect(result.broken).toBe(false)
  expect(text.startsWith(result.text)).toBe(true)
  if (result.end === 'length') expect(result).toMatchObject({ text, done: true })
  else expect(result).toMatchObject({ end: expect.stringMatching(/^[a-z_]{5,}$/), done: false })
  expect(result.end).not.toBe('cut')
}

test('161. a host that is silent while it loads, for longer than a stream may stall, is waited for; heartbeats flow', async () => {
  await using stack = await startStack({
    redisUrl,
    config: { server: { headersAfterMs: 100, heartbeatMs: 200 }, upstream: { idleTimeoutMs: 1_000 } },
  })
  const [host] = stack.hosts
  host!.faults.every({ kind: 'delay', ms: 2_500 })
  const native = post(`${stack.url}/api/chat`, ask('hi', { options: { seed: 7, num_predict: 40 } })).then(readLines)
  const [streamed, unstreamed, chunks] = await Promise.all([
    streamChat(stack.url, { body }),
    chat(stack.url, { body }),
    native,
  ])
  expect(streamed).toMatchObject({ status: 200, text: whole, end: 'length', done: true })
  expect(streamed.raw.split('\n\n').filter(block => block.startsWith(': ')).length).toBeGreaterThanOrEqual(8)
  expect(unstreamed).toMatchObject({ status: 200, text: whole })
  const contents = chunks.map(chunk => (chunk['message'] as { content: string }).content)
  expect(contents.join('')).toBe(whole)
  expect(contents.findIndex(content => content !== '')).toBeGreaterThanOrEqual(8)
  expect(host!.requests.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done'])
})

describe('162. a host that resets the connection', () => {
  test.each([0, 1, 2, 13, 39, 40])(
    '162. after %s tokens: another answers, or one error event ends the stream',
    async at => {
      await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
      stack.hosts[0]!.faults.next({ kind: 'reset', afterTokens: at })
      const streamed = await streamChat(stack.url, { body })
      expectHonest(streamed, whole)
      expect(streamed.end).toBe(at === 0 ? 'length' : 'upstream_lost')
      stack.hosts[0]!.faults.next({ kind: 'reset', afterTokens: at })
      const unstreamed = await chat(stack.url, { body })
      expect(unstreamed).toMatchObject(at === 0 ? { status: 200, text: whole } : { status: 502, end: 'upstream_lost' })
    },
  )
})

test('163. a host that is out of memory is left alone for a while; another answers', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
  const [sick, well] = stack.hosts
  const error = 'model requires more system memory (9.1 GiB) than is available (3.2 GiB)'
  sick!.faults.every({ kind: 'status', status: 500, body: JSON.stringify({ error }) })
  // Until it was asked for the first time, and failed.
  await expect.poll(async () => (await chat(stack.url, { body })).status && sick!.requests.length).toBeGreaterThan(0)
  const before = sick!.requests.length
  for (let nth = 0; nth < 10; nth += 1)
    expect(await chat(stack.url, { body })).toMatchObject({ status: 200, text: whole })
  expect(well!.requests.length).toBeGreaterThanOrEqual(10)
  expect(sick!.requests.length).toBeLessThanOrEqual(before + 1)
})

test('164. a proxy’s HTML page before a host is a 502 in the dialect’s envelope, without a word of the page', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
  const page = '<html><body><h1>502 Bad Gateway</h1>nginx-secret</body></html>'
  for (const host of stack.hosts) host.faults.every({ kind: 'status', status: 502, body: page })
  const [openai, native] = await Promise.all([
    chat(stack.url, { body }),
    post(`${stack.url}/api/chat`, ask('hi', { stream: false })),
  ])
  expect(openai).toMatchObject({ status: 502, end: 'upstream_failed' })
  expect(openai.headers['content-type']).toMatch(/^application\/json/)
  expect(openai.raw).not.toMatch(/nginx-secret|html|Gateway/i)
  expect(native.status).toBe(502)
  expect(await native.json()).toEqual({ error: expect.not.stringMatching(/nginx-secret|html|Gateway/i) })
})

test('164. HTML in the middle of an answer is one error event, without a word of the page', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 5 }] })
  stack.hosts[0]!.faults.next({ kind: 'garbage', afterTokens: 5 })
  const streamed = await streamChat(stack.url, { body })
  expectHonest(streamed, whole)
  expect(streamed).toMatchObject({ status: 200, end: 'upstream_lost' })
  expect(streamed.raw).not.toMatch(/html|Gateway/i)
})

describe('165. long lines of a host', () => {
  test('165. one of 900 kB arrives whole', async () => {
    await using stack = await startStack({ redisUrl })
    stack.hosts[0]!.faults.next({ kind: 'bigLine', bytes: 900_000, afterTokens: 5 })
    const result = await streamChat(stack.url, { body })
    expect(result).toMatchObject({ status: 200, end: 'length', done: true })
    expect(result.text.length).toBeGreaterThan(whole.length + 800_000)
  })

  test('165. one of 5 MB is beyond the limit of 1 MiB: another attempt before the first token, an error after it', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 5 }] })
    const [host] = stack.hosts
    host!.faults.next({ kind: 'bigLine', bytes: 5_000_000, afterTokens: 0 })
    expect(await streamChat(stack.url, { body })).toMatchObject({ status: 200, text: whole, done: true })
    host!.faults.next({ kind: 'bigLine', bytes: 5_000_000, afterTokens: 5 })
    const result = await streamChat(stack.url, { body })
    expectHonest(result, whole)
    expect(result).toMatchObject({ status: 200, end: 'upstream_lost' })
  })
})

test('166. a host that ends an answer without saying that it is done, as on 31 equal tokens, has failed', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
  const [host] = stack.hosts
  host!.faults.next({ kind: 'eof', afterTokens: 31 }, { kind: 'eof', afterTokens: 31 })
  const streamed = await streamChat(stack.url, { body })
  expect(streamed).toMatchObject({ status: 200, text: answer(7, 31), end: 'upstream_lost', done: false })
  expect(await chat(stack.url, { body })).toMatchObject({ status: 502, end: 'upstream_lost' })
})

describe('167. Redis', () => {
  test('167. frozen when a request comes: 503 within 1.5 s, in every envelope', async () => {
    await using server = await startRedisServer()
    await using stack = await startStack({ redisUrl: server.url })
    await server.kill('SIGSTOP')
    const startedMs = performance.now()
    const paths = ['/v1/chat/completions', '/v1/completions', '/v1/messages', '/api/chat', '/api/generate']
    const asked = { ...ask('hi'), prompt: 'hi', max_tokens: 5 }
    const responses = await Promise.all(paths.map(path => post(`${stack.url}${path}`, asked)))
    expect(performance.now() - startedMs).toBeLessThan(1_500)
    for (const response of responses) {
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(await response.json()).toHaveProperty('error')
    }
    await server.kill('SIGCONT')
  })

  test('167. killed under a stream and started again: the stream finishes, byte for byte', async () => {
    await using server = await startRedisServer({ appendonly: true })
    await using stack = await startStack({ redisUrl: server.url, hosts: [{ tokenMs: 40 }] })
    const [host] = stack.hosts
    const streamed = streamChat(stack.url, { body })
    await host!.waitFor(() => host!.requests.some(({ tokens }) => tokens > 3), 5_000)
    await server.kill('SIGKILL')
    await server.restart()
    const result = await streamed
    expectHonest(result, whole)
    expect(result.end).toBe('length')
  })
})

describe('168. SIGTERM under 50 streams', () => {
  const streams = 50

  test.each([
    ['that end within the grace period: each is finished', 40, 10_000, ['length']],
    ['that do not: each ends with an error event', 4_000, 1_000, ['shutting_down', 'upstream_lost']],
  ])('168. %s, and nothing is left behind', async (_name, tokens, drainMs, ends) => {
    await using host = await startFakeOllama({ tokenMs: 40, parallel: streams })
    await using drover = await startDrover(
      {
        hosts: [{ id: 'h0', url: host.url, slots: streams }],
        redis: { prefix: `term${Math.floor(performance.now() * 1_000)}` },
        server: { port: 0, drainMs },
      },
      { env: { REDIS_URL: redisUrl } },
    )
    const results = Array.from({ length: streams }, (_, seed) =>
      streamChat(drover.url, { body: { seed, max_tokens: tokens } }),
    )
    await host.waitFor(() => host.requests.filter(request => request.tokens > 2).length === streams, 20_000)
    const startedMs = performance.now()
    drover.process.kill('SIGTERM')
    for (const [seed, result] of (await Promise.all(results)).entries()) {
      expectHonest(result, answer(seed, tokens))
      expect(ends).toContain(result.end)
    }
    expect(performance.now() - startedMs).toBeLessThan(drainMs + 4_000)
    await host.waitFor(() => host.inFlight === 0, 5_000)
    expect(host.requests).toHaveLength(streams)
  })
})
