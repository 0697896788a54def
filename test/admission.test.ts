import { createLogger } from '@drover/shared/logger'
import { setDrained } from '@drover/shared/settings'
import { createHash } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { startApi } from '../services/api/src/app.ts'
import { chat, streamChat } from './support/chat.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

interface QueueItem {
  readonly id: string
  readonly model: string
  readonly class: string
  readonly state: 'queued' | 'running'
  readonly position: number | null
  readonly eta_ms: number | null
  readonly waited_ms: number | null
}

const readQueue = async (url: string, key?: string): Promise<{ data: QueueItem[]; total: number }> => {
  const response = await fetch(`${url}/v1/queue`, key === undefined ? {} : { headers: { authorization: key } })
  expect(response.status).toBe(200)
  return (await response.json()) as { data: QueueItem[]; total: number }
}

/** Jobs that take 500 ms one after the other, of which the fleet knows how long they take. */
const startMeasured = async (): Promise<Stack> => {
  const stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 50, tokens: 10 }],
    config: { slots: 1, server: { headersAfterMs: 100, heartbeatMs: 150 } },
  })
  for (let nth = 0; nth < 2; nth += 1) expect((await chat(stack.url)).status).toBe(200)
  return stack
}

/** Requests that wait or run until `leave`. */
const fill = async (stack: Stack, count: number, headers: Record<string, string> = {}) => {
  const leave = new AbortController()
  const all = Array.from({ length: count }, () => chat(stack.url, { headers, signal: leave.signal }).catch(() => {}))
  const key = `${stack.keys.prefix}:{chat-llama3.2}:prioritized`
  await expect.poll(() => stack.redis.zcard(key)).toBeGreaterThanOrEqual(count - 1)
  return {
    async [Symbol.asyncDispose]() {
      leave.abort()
      await Promise.all(all)
    },
  }
}

test('a request whose deadline cannot be met is refused at once with a true retry-after', async () => {
  await using stack = await startMeasured()
  await using _ = await fill(stack, 10)
  const headers = { 'x-drover-deadline-ms': '2500' }
  const startedMs = performance.now()
  const refused = await chat(stack.url, { headers })
  expect(performance.now() - startedMs).toBeLessThan(200)
  expect(refused).toMatchObject({ status: 429, end: 'deadline_unreachable' })
  const retryAfterS = Number(refused.headers['retry-after'])
  // Ten of half a second less the two and a bit that would do.
  expect(retryAfterS).toBeGreaterThanOrEqual(2)
  expect(retryAfterS).toBeLessThanOrEqual(5)
  await new Promise(resolve => setTimeout(resolve, retryAfterS * 1_000))
  expect(await chat(stack.url, { headers })).toMatchObject({ status: 200, end: 'stop' })
}, 20_000)

test('a request that can be met within its deadline is not refused, and one that asks for none has the whole', async () => {
  await using stack = await startMeasured()
  await using _ = await fill(stack, 3)
  expect(await chat(stack.url, { headers: { 'x-drover-deadline-ms': '60000' } })).toMatchObject({ status: 200 })
})

test('a deadline that passes while it runs ends the request then', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 100, tokens: 100 }] })
  const startedMs = performance.now()
  const result = await streamChat(stack.url, { headers: { 'x-drover-deadline-ms': '700' } })
  expect(result).toMatchObject({ status: 200, end: 'deadline_exceeded', done: false })
  expect(performance.now() - startedMs).toBeLessThan(2_000)
})

test.each([
  ['x-drover-class', 'urgent', 'interactive, background, batch'],
  ['x-drover-class', '', 'interactive, background, batch'],
  ['x-drover-deadline-ms', '0', '1 to 600000'],
  ['x-drover-deadline-ms', '600001', '1 to 600000'],
  ['x-drover-deadline-ms', '1.5', '1 to 600000'],
  ['x-drover-deadline-ms', 'soon', '1 to 600000'],
])('%s: "%s" is refused with what would be right', async (name, value, expected) => {
  await using stack = await startStack({ redisUrl })
  const result = await chat(stack.url, { headers: { [name]: value } })
  expect(result).toMatchObject({ status: 400, end: 'invalid_request' })
  expect(JSON.parse(result.raw)).toMatchObject({ error: { param: name, message: expect.stringContaining(expected) } })
})

test('who waits is told where and how long: in headers, and in comments that move on', async () => {
  await using stack = await startMeasured()
  await using _ = await fill(stack, 4)
  const streamed = await streamChat(stack.url)
  expect(streamed).toMatchObject({ status: 200, end: 'stop', done: true })
  expect(Number(streamed.headers['x-drover-queue-position'])).toBeGreaterThanOrEqual(3)
  const etaMs = Number(streamed.headers['x-drover-queue-eta-ms'])
  expect(etaMs).toBeGreaterThan(800)
  expect(etaMs).toBeLessThan(4_000)
  const comments = streamed.raw.split('\n\n').filter(block => block.startsWith(':'))
  expect(comments[0]).toMatch(/^: queued position=\d+ eta=\d+s$/)
  const positions = comments.flatMap(comment => /position=(\d+)/.exec(comment)?.[1] ?? []).map(Number)
  expect(positions).toEqual(positions.toSorted((a, b) => b - a))
  expect(positions.at(-1)).toBeLessThan(positions[0]!)
})

test('an answer that is not streamed has the headers, too; without a measurement there is no time', async () => {
  await using stack = await startStack({ redisUrl })
  const { headers } = await chat(stack.url)
  expect(headers['x-drover-queue-position']).toBe('1')
  const { status, headers: ofLine } = await fetch(`${stack.url}/api/chat`, {
    method: 'POST',
    body: JSON.stringify({ model: 'llama3.2', messages: [{ role: 'user', content: 'hi' }] }),
  })
  expect(status).toBe(200)
  expect(ofLine.get('x-drover-queue-position')).toBe('1')
})

test('GET /v1/queue lists the caller’s own requests and nobody else’s, of every api process', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 50, tokens: 10 }],
    config: { slots: 1, server: { keys: ['sk-one', 'sk-two'] } },
  })
  const one = { authorization: 'Bearer sk-one' }
  await using other = await startApi(stack.config, redisUrl, createLogger('test', 'silent'))
  expect((await chat(stack.url, { headers: one })).status).toBe(200)
  expect(await readQueue(stack.url, 'Bearer sk-one')).toEqual({ object: 'list', data: [], total: 0 })
  {
    await using _ = await fill(stack, 5, { ...one, 'x-drover-class': 'interactive' })
    const { data, total } = await readQueue(other.url, 'Bearer sk-one')
    expect(total).toBe(5)
    expect(data.map(item => item.state).toSorted()).toEqual(['queued', 'queued', 'queued', 'queued', 'running'])
    for (const item of data) {
      expect(item).toMatchObject({ id: expect.stringMatching(/^r_/), model: 'llama3.2', class: 'interactive' })
      if (item.state === 'running') expect(item).toMatchObject({ position: null, eta_ms: null, waited_ms: null })
      else expect(item).toMatchObject({ eta_ms: expect.any(Number), waited_ms: expect.any(Number) })
    }
    expect(data.flatMap(item => item.position ?? []).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
    expect((await readQueue(other.url, 'Bearer sk-two')).data).toEqual([])
    expect((await fetch(`${stack.url}/v1/queue`)).status).toBe(401)
  }
  await expect.poll(async () => (await readQueue(other.url, 'Bearer sk-one')).total).toBe(0)
  expect(await stack.redis.keys(`${stack.keys.prefix}:asked:*`)).toEqual([])
})

test('what an api that died had been asked is not listed after its deadline, and goes', async () => {
  await using stack = await startStack({ redisUrl })
  const caller = createHash('sha256').update('address 127.0.0.1').digest('hex').slice(0, 16)
  const key = stack.keys.asked(caller)
  const left = { name: 'm', model: 'm', class: 'interactive', enqueuedAt: 1, deadlineAt: Date.now() - 1 }
  for (let nth = 0; nth < 3; nth += 1)
    await stack.redis.hset(key, `r${nth}`, JSON.stringify({ id: `r${nth}`, ...left }))
  expect(await readQueue(stack.url)).toEqual({ object: 'list', data: [], total: 0 })
  await expect.poll(() => stack.redis.exists(key)).toBe(0)
})

test('a request of several choices is as many jobs, all or none of them', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 50, tokens: 10 }],
    config: { slots: 1, queue: { depthMax: 3 } },
  })
  const leave = new AbortController()
  const running = chat(stack.url, { signal: leave.signal }).catch(() => {})
  await stack.hosts[0]!.waitFor(() => stack.hosts[0]!.running === 1, 5_000)
  expect(await chat(stack.url, { body: { n: 4 } })).toMatchObject({ status: 429, end: 'queue_full' })
  expect((await readQueue(stack.url)).total).toBe(1)
  const three = streamChat(stack.url, { body: { n: 3 }, signal: leave.signal }).catch(() => {})
  await expect.poll(async () => (await readQueue(stack.url)).total).toBe(4)
  leave.abort()
  await Promise.all([running, three])
})

test('choices that have hosts in turn are all or none, too, and a refusal leaves no places behind', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 50, tokens: 40 }, {}],
    config: { slots: 1, strategy: 'round_robin', queue: { depthMax: 2 } },
  })
  const places = async (): Promise<string[]> => [
    ...(await stack.redis.keys(`${stack.keys.prefix}:*:admitted`)),
    ...(await stack.redis.keys(`${stack.keys.prefix}:*:prioritized`)),
  ]
  expect(await chat(stack.url, { body: { n: 8 } })).toMatchObject({ status: 429, end: 'queue_full' })
  expect(await places()).toEqual([])
  expect(await chat(stack.url, { body: { n: 4, max_tokens: 2 } })).toMatchObject({ status: 200 })
})

test('when the host whose turn it is cannot keep the deadline, another that can has the request', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [
      { tokenMs: 100, tokens: 10 },
      { tokenMs: 5, tokens: 10 },
    ],
    config: { slots: 1, strategy: 'round_robin', queue: { rebindAfterMs: 600 } },
  })
  for (let nth = 0; nth < 4; nth += 1) expect((await chat(stack.url)).status).toBe(200)
  const [slow, fast] = stack.hosts
  const leave = new AbortController()
  const backlog = Array.from({ length: 8 }, () => chat(stack.url, { signal: leave.signal }).catch(() => {}))
  await slow!.waitFor(() => slow!.running === 1 && fast!.running === 0, 5_000)
  const headers = { 'x-drover-deadline-ms': '3000' }
  for (let nth = 0; nth < 4; nth += 1) expect(await chat(stack.url, { headers })).toMatchObject({ status: 200 })
  leave.abort()
  await Promise.all(backlog)
}, 20_000)

test('the cap is exact also while prompts are scanned, and nothing of it stays behind', async () => {
  const guard = {
    input: { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: { substrings: ['zzz'] } } },
  }
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 20, tokens: 5 }],
    config: { slots: 1, queue: { depthMax: 3 }, guard },
  })
  const blocked = await chat(stack.url, { body: { messages: [{ role: 'user', content: 'zzz' }] } })
  expect(blocked).toMatchObject({ status: 400, end: 'content_policy_violation' })
  const results = await Promise.all(Array.from({ length: 12 }, () => chat(stack.url)))
  expect(results.filter(result => result.status === 200).length).toBeGreaterThanOrEqual(3)
  expect(results.filter(result => result.status === 200).length).toBeLessThanOrEqual(4)
  expect(new Set(results.map(result => result.end))).toEqual(new Set(['stop', 'queue_full']))
  expect(await stack.redis.keys(`${stack.keys.prefix}:*:admitted`)).toEqual([])
})

test('who will wait least is scanned first, whatever the orders on their queues', async () => {
  const guard = {
    input: { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: { substrings: ['zzz'] } } },
  }
  await using stack = await startStack({ redisUrl, hosts: [{ models: ['old', 'new'] }], config: { guard } })
  const { prefix } = stack.keys
  await stack.services.guard[Symbol.asyncDispose]()
  await stack.redis.set(stack.keys.guard, 'one that never comes to it', 'PX', 20_000)
  // Has been busy for long: virtual time is far ahead there.
  await stack.redis.zadd(`${prefix}:{chat-old}:admitted`, 50_000, `${Date.now()} other`)
  const leave = new AbortController()
  const asked: Promise<unknown>[] = []
  for (const [nth, model] of ['old', 'new', 'new', 'new'].entries()) {
    asked.push(chat(stack.url, { body: { model }, signal: leave.signal }).catch(() => {}))
    await expect.poll(() => stack.redis.zcard(`${prefix}:{guard-input}:prioritized`)).toBe(nth + 1)
  }
  const ids = await stack.redis.zrange(`${prefix}:{guard-input}:prioritized`, '0', '-1')
  const models = ids.map(async id => stack.redis.hget(`${prefix}:{guard-input}:${id}`, 'data'))
  const order = (await Promise.all(models)).map(data => (JSON.parse(data ?? '') as { model: string }).model)
  expect(order).toEqual(['new', 'old', 'new', 'new'])
  leave.abort()
  await Promise.all(asked)
})

test('when nobody serves a model, its first fallback that somebody serves answers under its name', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['large'] }, { models: ['small'] }],
    config: {
      models: [
        { name: 'large', fallbacks: ['missing', 'small'] },
        { name: 'missing', hosts: ['h0'] },
      ],
    },
  })
  // One that is admitted just before the draining is heard of waits for the host to be back.
  const headers = { 'x-drover-deadline-ms': '500' }
  const ask = (): ReturnType<typeof chat> => chat(stack.url, { body: { model: 'large' }, headers })
  expect(await ask()).toMatchObject({ status: 200 })
  expect(stack.hosts.map(host => host.requests.length)).toEqual([1, 0])
  await setDrained(stack.redis, stack.keys, 'h0', true)
  await expect.poll(async () => (await ask()) && stack.hosts[1]!.requests.length).toBeGreaterThan(0)
  expect(JSON.parse((await ask()).raw)).toMatchObject({ model: 'large' })
  expect(stack.hosts[0]!.requests).toHaveLength(1)
})

test('a model that only drained hosts have is refused like one whose hosts are down', async () => {
  await using stack = await startStack({ redisUrl })
  await setDrained(stack.redis, stack.keys, 'h0', true)
  const headers = { 'x-drover-deadline-ms': '500' }
  await expect.poll(async () => (await chat(stack.url, { headers })).end).toBe('no_healthy_backends')
  await setDrained(stack.redis, stack.keys, 'h0', false)
  await expect.poll(async () => (await chat(stack.url)).status).toBe(200)
})
