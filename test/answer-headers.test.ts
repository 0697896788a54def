import { createLogger } from '@drover/shared/logger'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test, vi } from 'vitest'
import { startApi } from '../services/api/src/app.ts'
import { chat, streamChat, type ChatResult } from './support/chat.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

const numberIn = (result: ChatResult, name: string): number => Number(result.headers[name] ?? NaN)

/** Runs something else on the only slot, until it is disposed of. */
const occupy = async (stack: Stack): Promise<AsyncDisposable> => {
  const [host] = stack.hosts
  const leave = new AbortController()
  const running = streamChat(stack.url, { body: { max_tokens: 100_000 }, signal: leave.signal }).catch(() => {})
  await host!.waitFor(() => host!.running === 1, 5_000)
  return {
    async [Symbol.asyncDispose]() {
      leave.abort()
      await running
    },
  }
}

test('an answer names its host, how long it waited, and how many attempts it took; streamed or not', async () => {
  await using stack = await startStack({ redisUrl })
  for (const answer of [await chat(stack.url), await streamChat(stack.url)]) {
    expect(answer).toMatchObject({ status: 200, headers: { 'x-drover-host': 'h0', 'x-drover-attempts': '1' } })
    expect(numberIn(answer, 'x-drover-queue-ms')).toBeGreaterThanOrEqual(0)
    expect(numberIn(answer, 'x-drover-queue-ms')).toBeLessThan(1_000)
  }
})

test('after a host that failed, it is the other that is named', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
  for (const host of stack.hosts) host.faults.next({ kind: 'status', status: 500, body: '{"error":"no"}' })
  const answers = [await chat(stack.url), await chat(stack.url), await chat(stack.url)]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  const attempts = answers.map(answer => numberIn(answer, 'x-drover-attempts'))
  expect(Math.max(...attempts)).toBeGreaterThanOrEqual(2)
  for (const { headers } of answers) {
    const [id = ''] = [headers['x-drover-host']].flat()
    expect(stack.hosts[Number(id.slice(1))]!.requests.some(({ outcome }) => outcome === 'done')).toBe(true)
  }
})

test('a stream that waits when its headers leave names no host yet; a whole answer that waited says how long', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 20 }],
    config: { slots: 1, server: { headersAfterMs: 100 } },
  })
  const body = { max_tokens: 2 }
  const waiting = await (async () => {
    await using _ = await occupy(stack)
    const answers = [chat(stack.url, { body }), streamChat(stack.url, { body })]
    await sleep(300)
    return answers
  })()
  const [whole, streamed] = await Promise.all(waiting)
  expect(whole).toMatchObject({ status: 200, headers: { 'x-drover-host': 'h0' } })
  expect(numberIn(whole!, 'x-drover-queue-ms')).toBeGreaterThanOrEqual(250)
  expect(streamed).toMatchObject({ status: 200, done: true })
  expect(streamed!.headers).not.toHaveProperty('x-drover-host')
  expect(streamed!.headers).toHaveProperty('x-drover-queue-position')
})

test('the room in the queue is told in OpenAI’s words, also when there is none', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 20 }],
    config: { slots: 1, queue: { depthMax: 2 }, server: { headersAfterMs: 100 } },
  })
  const body = { max_tokens: 2 }
  const limit = { 'x-ratelimit-limit-requests': '2' }
  expect((await chat(stack.url, { body })).headers).toMatchObject({ ...limit, 'x-ratelimit-remaining-requests': '1' })
  await using _ = await occupy(stack)
  const leave = new AbortController()
  const answers = [1, 2].map(() => streamChat(stack.url, { body, signal: leave.signal }).catch(() => {}))
  await expect.poll(() => stack.redis.zcard(`${stack.keys.prefix}:{chat-llama3.2}:prioritized`)).toBe(2)
  const refused = await chat(stack.url, { body })
  expect(refused).toMatchObject({ status: 429, end: 'queue_full' })
  expect(refused.headers).toMatchObject({ ...limit, 'x-ratelimit-remaining-requests': '0' })
  expect(refused.headers['x-ratelimit-reset-requests']).toMatch(/^(\d+m)?\d+(\.\d)?(ms|s)$/)
  expect(numberIn(refused, 'retry-after')).toBeGreaterThanOrEqual(1)
  const late = await chat(stack.url, { body, headers: { 'x-drover-deadline-ms': '1', 'x-drover-class': 'batch' } })
  expect(late).toMatchObject({ status: 429, end: 'deadline_unreachable' })
  expect(late.headers).toMatchObject({ ...limit, 'x-ratelimit-remaining-requests': '2' })
  leave.abort()
  await Promise.all(answers)
})

test('the headers of a LiteLLM proxy are there if wanted, and only then', async () => {
  const names = (result: ChatResult): string[] =>
    Object.keys(result.headers).filter(name => name.startsWith('x-litellm-'))
  await using plain = await startStack({ redisUrl })
  expect(names(await chat(plain.url))).toEqual([])

  await using stack = await startStack({
    redisUrl,
    config: { server: { litellmHeaders: true }, models: [{ name: 'llama3.2', aliases: ['gpt-4'] }] },
  })
  const [host] = stack.hosts
  const headers = { 'x-litellm-call-id': 'mine-1' }
  for (const ask of [chat, streamChat]) {
    const answer = await ask(stack.url, { headers, body: { model: 'gpt-4' } })
    expect(answer.headers).toMatchObject({
      'x-litellm-call-id': 'mine-1',
      'x-litellm-model-id': 'h0',
      'x-litellm-model-group': 'llama3.2',
      'x-litellm-model-api-base': host!.url,
      'x-litellm-version': expect.stringMatching(/^\d+\.\d+\.\d+/),
      'x-litellm-response-duration-ms': expect.stringMatching(/^\d+$/),
      'x-litellm-attempted-retries': '0',
      'x-litellm-attempted-fallbacks': '0',
    })
  }
  for (const odd of ['a b', 'x'.repeat(200), '']) {
    const { headers: own } = await chat(stack.url, { headers: { 'x-litellm-call-id': odd } })
    expect(own['x-litellm-call-id']).toBe(own['x-request-id'])
  }
  host!.faults.next({ kind: 'eof', afterTokens: 2 })
  const failed = await chat(stack.url, { headers })
  expect(failed).toMatchObject({ status: 502, headers: { 'x-litellm-call-id': 'mine-1' } })
})

test('a model whose name no header can carry is answered all the same', async () => {
  const name = 'модель/☃'
  await using stack = await startStack({
    redisUrl,
    config: { models: [{ name, hosts: [{ id: 'h0', model: 'llama3.2' }] }], server: { litellmHeaders: true } },
  })
  const answer = await chat(stack.url, { body: { model: name } })
  expect(answer).toMatchObject({ status: 200, headers: { 'x-litellm-model-group': encodeURI(name) } })
})

test('a client that leaves is no failure: nothing is logged of it', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
  const [host] = stack.hosts
  const logger = createLogger('test', 'silent')
  const logged = (['info', 'warn', 'error'] as const).map(level => vi.spyOn(logger, level))
  const failures = vi.spyOn(logger, 'debug')
  await using api = await startApi(stack.config, redisUrl, logger)
  const leave = new AbortController()
  const left = [chat, streamChat].map(ask => ask(api.url, { signal: leave.signal }).catch(() => {}))
  await host!.waitFor(() => host!.running === 2, 5_000)
  leave.abort()
  await Promise.all(left)
  await host!.waitFor(() => host!.requests.every(({ outcome }) => outcome === 'aborted'), 5_000)
  await expect.poll(() => failures.mock.calls.length).toBeGreaterThanOrEqual(1)
  for (const spy of logged) expect(spy).not.toHaveBeenCalled()

  host!.faults.next({ kind: 'eof', afterTokens: 2 })
  expect((await chat(api.url)).status).toBe(502)
  expect(logged[1]).toHaveBeenCalledTimes(1)
})
