import { configSchema } from '@drover/shared/config/schema'
import { createLogger } from '@drover/shared/logger'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { startApi } from '../services/api/src/app.ts'
import { startChaosProxy } from './support/chaos-proxy.ts'
import { chat, streamChat, type ChatOptions, type ChatResult } from './support/chat.ts'
import { ask, contentOf, lines, post, postChat, readStream } from './support/sse-client.ts'
import { startStack, type Stack, type StackOptions } from './support/stack.ts'

const redisUrl = inject('redisUrl')

const start = ({ config, ...options }: Partial<StackOptions> = {}): Promise<Stack> =>
  startStack({ redisUrl, ...options, config: { ...config, cache: { enabled: true, ...config?.cache } } })

/** What came of the cache: `hit`, `miss`, or undefined for what is never kept. */
const cacheOf = ({ headers }: ChatResult): unknown => headers['x-drover-cache']

/** How many answers are kept. */
const kept = async ({ redis, keys }: Stack): Promise<number> => (await redis.keys(keys.cache('*'))).length

/** Answers of a host are kept after they were sent. */
const untilKept = (stack: Stack, count: number): Promise<void> => expect.poll(() => kept(stack)).toBe(count)

/** For what waits in vain. */
const shortly = { 'x-drover-deadline-ms': '500' }

const seeded = { body: { seed: 7, max_tokens: 20 } } satisfies ChatOptions

test('the second answer to the same is the first one, streamed or not, and no host is asked', async () => {
  await using stack = await start()
  const [host] = stack.hosts
  const first = await chat(stack.url, seeded)
  expect(first).toMatchObject({ status: 200, end: 'length' })
  expect(cacheOf(first)).toBe('miss')
  await untilKept(stack, 1)
  const whole = await chat(stack.url, seeded)
  const streamed = await streamChat(stack.url, seeded)
  expect([cacheOf(whole), cacheOf(streamed)]).toEqual(['hit', 'hit'])
  expect(whole).toMatchObject({ status: 200, text: first.text, end: 'length' })
  expect(streamed).toMatchObject({ status: 200, text: first.text, end: 'length', done: true })
  expect(host!.requests).toHaveLength(1)

  const [a, b] = [first, whole].map(({ raw }) => JSON.parse(raw) as { id: string; usage: object; choices: object[] })
  expect(b!.id).not.toBe(a!.id)
  expect({ ...b!, id: '', created: 0 }).toEqual({ ...a!, id: '', created: 0 })
  for (const { headers } of [whole, streamed])
    for (const name of ['x-drover-host', 'x-drover-queue-position', 'x-ratelimit-limit-requests'])
      expect(headers).not.toHaveProperty(name)
})

test('a streamed answer is kept, too, with its thoughts, calls and usage', async () => {
  await using stack = await start()
  const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]
  const body = { seed: 7, tools, reasoning_effort: 'low', stream_options: { include_usage: true } }
  const messages = [{ role: 'user', content: 'call look {"at":12345678901234567890}' }]
  const first = await streamChat(stack.url, { body: { ...body, messages } })
  expect(first).toMatchObject({ status: 200, end: 'tool_calls', done: true })
  await untilKept(stack, 1)
  const second = await streamChat(stack.url, { body: { ...body, messages } })
  expect(cacheOf(second)).toBe('hit')
  expect(second).toMatchObject({ status: 200, end: 'tool_calls', done: true })
  const usage = (raw: string): string | undefined => /"usage":({[^}]*})/.exec(raw)?.[1]
  expect(usage(second.raw)).toBe(usage(first.raw))
  expect(second.raw).toContain('12345678901234567890')
  const thoughts = (raw: string): string =>
    raw
      .split('\n\n')
      .map(frame => /"reasoning_content":("(?:[^"\\]|\\.)*")/.exec(frame)?.[1])
      .filter(json => json !== undefined)
      .map(json => JSON.parse(json) as string)
      .join('')
  expect(thoughts(first.raw)).not.toBe('')
  expect(thoughts(second.raw)).toBe(thoughts(first.raw))
})

test('an answer of one dialect serves another that asks for the same', async () => {
  await using stack = await start()
  const whole = await chat(stack.url, { body: { seed: 7 } })
  await untilKept(stack, 1)
  const native = await post(`${stack.url}/api/chat`, ask('hi', { options: { seed: 7 } }))
  expect(native.headers.get('x-drover-cache')).toBe('hit')
  let text = ''
  for await (const line of lines(native))
    text += line === '' ? '' : (JSON.parse(line) as { message: { content: string } }).message.content
  expect(text).toBe(whole.text)
})

test('what may be answered otherwise the next time is not kept, and neither is an answer that failed', async () => {
  await using stack = await start({ hosts: [{ tokenMs: 5, tokens: 20 }] })
  const [host] = stack.hosts
  for (const body of [{}, { temperature: 0.1 }, { seed: -1 }]) {
    expect(cacheOf(await chat(stack.url, { body }))).toBeUndefined()
    expect(cacheOf(await chat(stack.url, { body }))).toBeUndefined()
  }
  host!.faults.next({ kind: 'eof', afterTokens: 5 }, { kind: 'eof', afterTokens: 5 })
  expect((await chat(stack.url, seeded)).status).toBe(502)
  expect(await streamChat(stack.url, seeded)).toMatchObject({ status: 200, done: false })
  const leave = new AbortController()
  let pieces = 0
  const onData = (): void => {
    pieces += 1
    if (pieces === 3) leave.abort()
  }
  const long = { body: { seed: 7, max_tokens: 10_000 }, onData, signal: leave.signal }
  await streamChat(stack.url, long).catch(() => {})
  await host!.waitFor(() => host!.requests.at(-1)?.outcome === 'aborted', 5_000)
  expect(await kept(stack)).toBe(0)
  expect(cacheOf(await chat(stack.url, seeded))).toBe('miss')
  await untilKept(stack, 1)
})

test('vectors are kept whatever is asked, and told in whichever encoding', async () => {
  await using stack = await start({ hosts: [{ models: ['embed-small'] }] })
  const embed = async (encoding: string): Promise<[unknown, unknown[]]> => {
    const body = { model: 'embed-small', input: ['one', 'two'], encoding_format: encoding }
    const response = await post(`${stack.url}/v1/embeddings`, body)
    const { data } = (await response.json()) as { data: { embedding: unknown }[] }
    return [response.headers.get('x-drover-cache'), data.map(({ embedding }) => embedding)]
  }
  const [first, floats] = await embed('float')
  expect(first).toBe('miss')
  await untilKept(stack, 1)
  expect(await embed('float')).toEqual(['hit', floats])
  const [outcome, encoded] = await embed('base64')
  expect(outcome).toBe('hit')
  const bytes = Buffer.from(String(encoded[0]), 'base64')
  expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual((floats[0] as number[]).slice(0, 2).map(Math.fround))
  expect(stack.hosts[0]!.requests).toHaveLength(1)
})

test('a temperature of 0 is enough, and what is set for the model counts as asked', async () => {
  await using stack = await start({
    hosts: [{ models: ['cold', 'llama3.2'] }],
    config: { models: [{ name: 'cold', options: { temperature: 0 } }] },
  })
  for (const body of [{ temperature: 0 }, { model: 'cold' }]) {
    expect(cacheOf(await chat(stack.url, { body }))).toBe('miss')
    await expect.poll(async () => cacheOf(await chat(stack.url, { body }))).toBe('hit')
  }
})

test('an answer is its caller’s alone, and the model’s that gave it', async () => {
  await using stack = await start({
    hosts: [{ models: ['llama3.2', 'other'] }],
    config: { server: { keys: ['sk-one', 'sk-two'] } },
  })
  const of = (key: string, body: object = {}): Promise<ChatResult> =>
    chat(stack.url, { body: { ...seeded.body, ...body }, headers: { authorization: `Bearer ${key}` } })
  expect(cacheOf(await of('sk-one'))).toBe('miss')
  await untilKept(stack, 1)
  expect(cacheOf(await of('sk-two'))).toBe('miss')
  expect(cacheOf(await of('sk-one', { model: 'other' }))).toBe('miss')
  expect(cacheOf(await of('sk-one', { max_tokens: 21 }))).toBe('miss')
  expect(cacheOf(await of('sk-one', { model: 'llama3.2:latest', user: 'u', keep_alive: '2m' }))).toBe('hit')
  expect(stack.hosts[0]!.requests).toHaveLength(4)
})

test('a hit needs no host that lives, and no place in a queue', async () => {
  await using stack = await start()
  const first = await chat(stack.url, seeded)
  await untilKept(stack, 1)
  await stack.hosts[0]!.setDown(true)
  const health = async (): Promise<unknown> => (await fetch(`${stack.url}/health`)).json()
  await expect.poll(health, { timeout: 5_000 }).toMatchObject({ healthy_count: 0 })
  expect((await chat(stack.url)).end).toBe('no_healthy_backends')
  expect(await chat(stack.url, seeded)).toMatchObject({ status: 200, text: first.text })
  expect(await streamChat(stack.url, seeded)).toMatchObject({ status: 200, text: first.text, done: true })
})

test('several choices are kept one by one; fewer of them are a hit, more are not', async () => {
  await using stack = await start()
  const ofN = async (n: number, stream = false): Promise<[unknown, string[]]> => {
    const response = await postChat(stack.url, ask('hi', { seed: 7, n, stream }))
    const texts = stream
      ? (({ chunks }) => Array.from({ length: n }, (_, index) => contentOf(chunks, index)))(await readStream(response))
      : ((await response.json()) as { choices: { message: { content: string } }[] }).choices.map(
          ({ message }) => message.content,
        )
    return [response.headers.get('x-drover-cache'), texts]
  }
  const [outcome, texts] = await ofN(3)
  expect([outcome, texts.length]).toEqual(['miss', 3])
  await untilKept(stack, 3)
  expect(await ofN(3)).toEqual(['hit', texts])
  expect(await ofN(3, true)).toEqual(['hit', texts])
  expect(await ofN(2)).toEqual(['hit', texts.slice(0, 2)])
  expect((await ofN(4))[0]).toBe('miss')
})

test('with guards on, what is kept is what has passed them; another configuration of them asks again', async () => {
  const guardOf = (word: string) => ({
    input: { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: { substrings: ['forbidden'] } } },
    output: {
      scanners: ['BanSubstrings' as const],
      settings: { BanSubstrings: { substrings: [word], action: 'redact' as const } },
    },
  })
  await using stack = await start({ config: { guard: guardOf('secret') } })
  const asking = (content: string): ChatOptions => ({ body: { seed: 7, messages: [{ role: 'user', content }] } })
  const refused = await chat(stack.url, asking('forbidden'))
  expect(refused).toMatchObject({ status: 400, end: 'content_policy_violation' })
  const first = await chat(stack.url, asking('echo: a secret'))
  expect(first).toMatchObject({ status: 200, text: 'a [REDACTED]' })
  await untilKept(stack, 1)
  await stack.services.guard[Symbol.asyncDispose]()
  const second = await streamChat(stack.url, asking('echo: a secret'))
  expect([cacheOf(second), second.text]).toEqual(['hit', 'a [REDACTED]'])

  const other = configSchema.parse({ ...stack.config, guard: guardOf('a') })
  await using api = await startApi(other, redisUrl, createLogger('test', 'silent'))
  expect(cacheOf(await chat(api.url, { ...asking('echo: a secret'), headers: shortly }))).toBe('miss')
})

test('what is larger than cache.answerBytesMax is not kept, and nothing for longer than cache.ttlMs', async () => {
  await using stack = await start({ config: { cache: { answerBytesMax: 1_024, ttlMs: 1_000 } } })
  const large = { body: { seed: 7, max_tokens: 1_000 } }
  expect(await chat(stack.url, large)).toMatchObject({ status: 200 })
  expect(cacheOf(await chat(stack.url, large))).toBe('miss')
  await chat(stack.url, seeded)
  await untilKept(stack, 1)
  await sleep(1_100)
  expect(cacheOf(await chat(stack.url, seeded))).toBe('miss')
})

test('an entry that nobody can read is a miss', async () => {
  await using stack = await start()
  await chat(stack.url, seeded)
  await untilKept(stack, 1)
  const [key = ''] = await stack.redis.keys(stack.keys.cache('*'))
  for (const junk of ['', '{', '[]', '[{"type":"text","text":"a"}]', '[{"type":"new"}]']) {
    await stack.redis.set(key, junk)
    const answer = await chat(stack.url, seeded)
    expect([answer.status, cacheOf(answer)], junk).toEqual([200, 'miss'])
  }
})

test('a Redis that hangs at the look-up is told of as fast as without a cache', async () => {
  await using proxy = await startChaosProxy(redisUrl)
  await using stack = await start({ redisUrlOf: { api: proxy.url } })
  await chat(stack.url, seeded)
  await untilKept(stack, 1)
  proxy.blackhole(true)
  const startedMs = performance.now()
  expect(await chat(stack.url, seeded)).toMatchObject({ status: 503, end: 'queue_unavailable' })
  expect(performance.now() - startedMs).toBeLessThan(1_700)
  proxy.blackhole(false)
  proxy.cutAll()
  await expect.poll(async () => cacheOf(await chat(stack.url, seeded)), { timeout: 10_000 }).toBe('hit')
})
