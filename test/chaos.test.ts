import { createLogger } from '@drover/shared/logger'
import { createRedis } from '@drover/shared/redis/client'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { startGuard } from '../services/guard/src/guard.ts'
import { answer } from './fakes/ollama/tokens.ts'
import { startChaosProxy } from './support/chaos-proxy.ts'
import { chat, streamChat, type ChatResult } from './support/chat.ts'
import { startStack } from './support/stack.ts'
import { seededRandom } from './support/random.ts'

const redisUrl = inject('redisUrl')
const streams = 200
const tokens = 400
const guard = { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: { substrings: ['zzz'] } } }

/** Forty streams, each with its head there, or refused. */
const beginWave = async (url: string, from: number): Promise<Promise<ChatResult>[]> => {
  const wave = Array.from({ length: 40 }, (_, index) => {
    const head = Promise.withResolvers<unknown>()
    const body = { seed: from + index, max_tokens: tokens }
    const result = streamChat(url, { body, onData: () => head.resolve(undefined) })
    return { result, begun: Promise.race([head.promise, result]) }
  })
  await Promise.all(wave.map(({ begun }) => begun))
  return wave.map(({ result }) => result)
}

test.each([
  ['guards off', {}],
  ['both guards on', { guard: { input: guard, output: guard } }],
])(
  '200 streams of 400 tokens lose, double and reorder nothing while connections to Redis are cut, %s',
  { timeout: 120_000 },
  async (_name, config) => {
    const seed = Date.now() % 1_000_000
    const random = seededRandom(seed)
    await using proxy = await startChaosProxy(redisUrl)
    const hosts = Array.from({ length: 4 }, () => ({ tokenMs: 15, parallel: streams / 4 }))
    await using stack = await startStack({
      redisUrl,
      hosts,
      config: { ...config, slots: streams / 4 },
      redisUrlOf: { api: proxy.url, worker: proxy.url, guard: proxy.url },
    })
    // In waves, and cut only when all have begun: what is still being accepted then, or on a machine that cannot keep up
    // with all of them at once, is rightly refused with 503.
    const asked: Promise<ChatResult>[] = []
    while (asked.length < streams) asked.push(...(await beginWave(stack.url, asked.length)))
    const begun = (): number =>
      stack.hosts.flatMap(host => host.requests).filter(request => request.path === '/api/chat').length
    await stack.hosts[0]?.waitFor(() => begun() === streams, 30_000)
    const cutting = setInterval(() => proxy.cutOne(random()), 40)
    const results = await Promise.all(asked)
    clearInterval(cutting)

    const wrong = results.flatMap((result, index) =>
      result.text === answer(index, tokens) && result.end === 'length' && result.done
        ? []
        : [{ index, ...result, raw: '' }],
    )
    expect(wrong, `seed ${seed}, ${proxy.cuts} cuts`).toEqual([])
    expect(proxy.cuts).toBeGreaterThan(50)
    // Nothing ran twice: the log let no second start generate.
    expect(begun()).toBe(streams)
  },
)

test('while Redis is away new requests get 503 within 1.5 s, and running streams heal when it returns', async () => {
  await using proxy = await startChaosProxy(redisUrl)
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 20 }],
    redisUrlOf: { api: proxy.url, worker: proxy.url, guard: proxy.url },
  })
  const [host] = stack.hosts
  const running = streamChat(stack.url, { body: { seed: 5, max_tokens: 200 } })
  await host!.waitFor(() => (host!.requests[0]?.tokens ?? 0) > 10, 10_000)
  proxy.blackhole(true)
  for (let times = 0; times < 3; times += 1) {
    const began = performance.now()
    const refused = await chat(stack.url)
    expect(refused).toMatchObject({ status: 503, end: 'queue_unavailable' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(performance.now() - began).toBeLessThan(1_500)
  }
  proxy.blackhole(false)
  // Packets were dropped, as a partition drops them: TCP alone would never notice.
  proxy.cutAll()
  expect(await running).toMatchObject({ text: answer(5, 200), end: 'length', done: true })
  await expect
    .poll(async () => (await chat(stack.url, { body: { seed: 6, max_tokens: 5 } })).text, { timeout: 10_000 })
    .toBe(answer(6, 5))
})

test('a client that leaves while its api cannot reach Redis stops the generation all the same', async () => {
  await using proxy = await startChaosProxy(redisUrl)
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 50, tokens: 10_000 }],
    redisUrlOf: { api: proxy.url },
  })
  const [host] = stack.hosts
  const leave = new AbortController()
  const left = streamChat(stack.url, { signal: leave.signal }).catch(() => {})
  await host!.waitFor(() => (host!.requests[0]?.tokens ?? 0) > 10, 5_000)
  proxy.cutAll()
  leave.abort()
  await left
  // The worker hears that nobody reads any more, and waits five seconds for a reader that only reconnects.
  await host!.waitFor(() => host!.requests[0]?.outcome === 'aborted', 9_000)
})

// At once: while it reconnects. Later: with connections that were made anew.
test.each([0, 20, 300])(
  'a guard ends within a second after its connections were cut, %d ms later, and its streams go on with another',
  async laterMs => {
    await using proxy = await startChaosProxy(redisUrl)
    await using stack = await startStack({
      redisUrl,
      hosts: [{ tokenMs: 10, parallel: 8 }],
      config: { slots: 8, guard: { input: guard, output: guard } },
      redisUrlOf: { guard: proxy.url },
    })
    const [host] = stack.hosts
    const asked = Array.from({ length: 8 }, (_, index) =>
      streamChat(stack.url, { body: { seed: index, max_tokens: 200 } }),
    )
    const begun = (): boolean => host!.requests.filter(request => request.tokens > 5).length === 8
    await host!.waitFor(begun, 10_000)
    await using _second = await startGuard(stack.config, redisUrl, createLogger('test', 'silent'))
    proxy.cutAll()
    await delay(laterMs)
    const began = performance.now()
    await stack.services.guard[Symbol.asyncDispose]()
    expect(performance.now() - began).toBeLessThan(1_000)
    for (const [index, result] of (await Promise.all(asked)).entries())
      expect(result, `stream ${index}`).toMatchObject({ text: answer(index, 200), end: 'length', done: true })
    // Nothing that was left behind rejects unheard when its connection is gone; that would fail this run.
    await delay(100)
  },
)

test('a guard whose Redis does not come back ends all the same', async () => {
  await using stack = await startStack({ redisUrl })
  const proxy = await startChaosProxy(redisUrl)
  const alone = await startGuard(stack.config, proxy.url, createLogger('test', 'silent'))
  await proxy[Symbol.asyncDispose]()
  const began = performance.now()
  await alone[Symbol.asyncDispose]()
  expect(performance.now() - began).toBeLessThan(4_000)
})

test('a subscriber that ends while it subscribes anew has nothing that rejects unheard', async () => {
  await using proxy = await startChaosProxy(redisUrl)
  const subscriber = createRedis(proxy.url, 'subscriber').on('error', () => {})
  await subscriber.subscribe('a-channel')
  const readyAgain = Promise.withResolvers<void>()
  subscriber.once('ready', readyAgain.resolve)
  proxy.cutAll()
  await readyAgain.promise
  subscriber.disconnect()
  await once(subscriber, 'end')
  // An unhandled rejection fails this run.
  await delay(50)
})
