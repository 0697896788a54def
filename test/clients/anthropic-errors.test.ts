import Anthropic, {
  APIError,
  AuthenticationError,
  BadRequestError,
  ContentTooLargeError,
  NotFoundError,
  RateLimitError,
  ServiceUnavailableError,
} from '@anthropic-ai/sdk'
import { expect, inject, test } from 'vitest'
import { answer, seedOf } from '../fakes/ollama/tokens.ts'
import { sdkFetch } from '../support/sdk-fetch.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** What the official `@anthropic-ai/sdk` client makes of refusals and failures. */

const redisUrl = inject('redisUrl')

const client = (stack: Stack, options: ConstructorParameters<typeof Anthropic>[0] = {}): Anthropic =>
  new Anthropic({ baseURL: stack.url, apiKey: 'any', maxRetries: 0, ...options })

const hi = { model: 'llama3.2', max_tokens: 12, messages: [{ role: 'user' as const, content: 'hi' }] }
const text = answer(seedOf('hi'), 12)

const healthyCount = async (stack: Stack): Promise<number> =>
  ((await (await fetch(`${stack.url}/health`)).json()) as { healthy_count: number }).healthy_count

test('400, 401, 404 and 413 are the client’s own classes, with type and request id, and are not retried', async () => {
  await using stack = await startStack({ redisUrl, config: { server: { keys: ['sk-right'], bodyBytesMax: 4096 } } })
  const { answers, fetch } = sdkFetch()
  const right = client(stack, { apiKey: 'sk-right', fetch, maxRetries: 2 })
  const thrown = async (
    promise: Promise<unknown>,
    Class: new (...args: never[]) => APIError,
    more: object,
  ): Promise<void> => {
    await expect(promise).rejects.toSatisfy(error => error instanceof Class)
    await expect(promise).rejects.toMatchObject({ requestID: expect.stringMatching(/^r_/), ...more })
  }
  await thrown(right.messages.create({ ...hi, stop_sequences: [''] }), BadRequestError, {
    type: 'invalid_request_error',
    message: expect.stringContaining('stop_sequences'),
  })
  const unknown = { ...hi, model: 'nope' }
  await thrown(right.messages.create({ ...unknown, stream: true }), NotFoundError, { type: 'not_found_error' })
  await thrown(right.messages.stream(unknown).finalMessage(), NotFoundError, { type: 'not_found_error' })
  await thrown(right.messages.create({ ...hi, system: 'x'.repeat(5000) }), ContentTooLargeError, {
    type: 'request_too_large',
  })
  const stranger = client(stack, { apiKey: 'sk-wrong', fetch, maxRetries: 2 })
  await thrown(stranger.messages.create(hi), AuthenticationError, { type: 'authentication_error' })
  expect(answers.map(({ status }) => status)).toEqual([400, 404, 404, 413, 401])
  const bearer = client(stack, { apiKey: null, authToken: 'sk-right' })
  expect((await bearer.messages.create(hi)).content).toHaveLength(1)
})

test('503 is retried as often as the client is told to, then thrown as overloaded', async () => {
  await using stack = await startStack({ redisUrl })
  await stack.hosts[0]!.setDown(true)
  await expect.poll(() => healthyCount(stack)).toBe(0)
  const { answers, fetch } = sdkFetch()
  const create = client(stack, { fetch, maxRetries: 2 }).messages.create(hi)
  await expect(create).rejects.toThrow(ServiceUnavailableError)
  await expect(create).rejects.toMatchObject({ status: 503, type: 'overloaded_error' })
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503])
  expect(Number(answers[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
})

test('429 is retried and succeeds once the queue has room', async () => {
  const config = { slots: 1, queue: { depthMax: 1 }, server: { headersAfterMs: 50 } }
  await using stack = await startStack({ redisUrl, config })
  stack.hosts[0]!.faults.next({ kind: 'stall', afterTokens: 1 })
  const anthropic = client(stack)
  const running = await anthropic.messages.create({ ...hi, stream: true })
  const waiting = await anthropic.messages.create({ ...hi, stream: true })
  await expect(anthropic.messages.create(hi)).rejects.toThrow(RateLimitError)
  const { answers, fetch } = sdkFetch(async count => {
    if (count > 1) return
    running.controller.abort()
    for await (const _ of waiting);
  })
  const message = await client(stack, { fetch, maxRetries: 2 }).messages.create(hi)
  expect(message.content).toMatchObject([{ type: 'text', text }])
  expect(answers.map(({ status }) => status)).toEqual([429, 200])
})

test.each([
  ['errorLine', /boom/],
  ['reset', /./],
] as const)('a host that fails in mid-stream (%s) is thrown as an APIError with its type', async (kind, why) => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
  const fault = kind === 'errorLine' ? { kind, afterTokens: 3, message: 'boom' } : { kind, afterTokens: 3 }
  stack.hosts[0]!.faults.every(fault)
  let read = ''
  const stream = client(stack).messages.stream(hi)
  stream.on('text', delta => (read += delta))
  await expect(stream.finalMessage()).rejects.toSatisfy(
    error =>
      error instanceof APIError &&
      error.type === 'api_error' &&
      why.test(error.apiMessage ?? '') &&
      error.requestID?.startsWith('r_') === true,
  )
  expect(read).toBe(answer(seedOf('hi'), 3))
})
