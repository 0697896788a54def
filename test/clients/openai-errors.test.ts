import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai'
import { expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { sdkFetch } from '../support/sdk-fetch.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** What the official `openai` client makes of refusals and failures. */

const redisUrl = inject('redisUrl')

const client = (stack: Stack, options: ConstructorParameters<typeof OpenAI>[0] = {}): OpenAI =>
  new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'any', maxRetries: 0, ...options })

const hi = { model: 'llama3.2', messages: [{ role: 'user' as const, content: 'hi' }] }

const healthyCount = async (stack: Stack): Promise<number> =>
  ((await (await fetch(`${stack.url}/health`)).json()) as { healthy_count: number }).healthy_count

test('404, 400 and 401 are the client’s own classes, with code, param, type and request id', async () => {
  await using stack = await startStack({ redisUrl, config: { server: { keys: ['sk-right'] } } })
  const right = client(stack, { apiKey: 'sk-right' })
  const unknown = right.chat.completions.create({ ...hi, model: 'nope' })
  await expect(unknown).rejects.toThrow(NotFoundError)
  await expect(unknown).rejects.toMatchObject({
    status: 404,
    code: 'model_not_found',
    param: null,
    type: 'invalid_request_error',
    requestID: expect.stringMatching(/^r_/),
  })
  const hot = right.chat.completions.create({ ...hi, temperature: 3, stream: true })
  await expect(hot).rejects.toThrow(BadRequestError)
  await expect(hot).rejects.toMatchObject({ status: 400, code: 'invalid_request', param: 'temperature' })
  const stranger = client(stack, { apiKey: 'sk-wrong' }).chat.completions.create(hi)
  await expect(stranger).rejects.toThrow(AuthenticationError)
  await expect(stranger).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' })
})

test('a refusal for good is not retried, whatever its status; one that passes is, after the time it names', async () => {
  const config = { slots: 1, queue: { depthMax: 1 }, server: { headersAfterMs: 50 } }
  await using stack = await startStack({ redisUrl, config })
  const { answers, fetch } = sdkFetch()
  const eager = client(stack, { fetch, maxRetries: 1 })
  await expect(eager.chat.completions.create({ ...hi, model: 'nope' })).rejects.toThrow(NotFoundError)
  await expect(eager.chat.completions.create({ ...hi, n: 0 })).rejects.toThrow(BadRequestError)
  expect(answers.map(({ headers }) => headers.get('x-should-retry'))).toEqual(['false', 'false'])
  stack.hosts[0]!.faults.next({ kind: 'stall', afterTokens: 1 })
  const running = await client(stack).chat.completions.create({ ...hi, stream: true })
  const waiting = await client(stack).chat.completions.create({ ...hi, stream: true })
  await expect(eager.chat.completions.create(hi)).rejects.toThrow(RateLimitError)
  const refused = answers.slice(2)
  expect(refused.map(({ status }) => status)).toEqual([429, 429])
  for (const { headers } of refused) {
    expect(headers.has('x-should-retry')).toBe(false)
    const seconds = Number(headers.get('retry-after'))
    expect(seconds).toBeGreaterThanOrEqual(1)
    expect(seconds).toBeLessThanOrEqual(60)
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('0')
  }
  running.controller.abort()
  for await (const _ of waiting);
})

test('503 is retried as often as the client is told to, then thrown', async () => {
  await using stack = await startStack({ redisUrl })
  await stack.hosts[0]!.setDown(true)
  await expect.poll(() => healthyCount(stack)).toBe(0)
  const { answers, fetch } = sdkFetch()
  const create = client(stack, { fetch, maxRetries: 4 }).chat.completions.create(hi)
  await expect(create).rejects.toThrow(InternalServerError)
  await expect(create).rejects.toMatchObject({ status: 503, code: 'no_healthy_backends' })
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503])
  expect(Number(answers[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
})

test('a retry succeeds once the host is back', async () => {
  await using stack = await startStack({ redisUrl })
  const [host] = stack.hosts
  await host!.setDown(true)
  await expect.poll(() => healthyCount(stack)).toBe(0)
  const { answers, fetch } = sdkFetch(async count => {
    if (count > 1) return
    await host!.setDown(false)
    await expect.poll(() => healthyCount(stack), { timeout: 10_000 }).toBe(1)
  })
  const completion = await client(stack, { fetch, maxRetries: 2 }).chat.completions.create({ ...hi, seed: 1 })
  expect(completion.choices[0]!.message.content).toBe(answer(1, 32))
  expect(answers.map(({ status }) => status)).toEqual([503, 200])
})

test('429 is retried and succeeds once the queue has room', async () => {
  const config = { slots: 1, queue: { depthMax: 1 }, server: { headersAfterMs: 50 } }
  await using stack = await startStack({ redisUrl, config })
  const [host] = stack.hosts
  host!.faults.next({ kind: 'stall', afterTokens: 1 })
  const openai = client(stack)
  const running = await openai.chat.completions.create({ ...hi, stream: true })
  const waiting = await openai.chat.completions.create({ ...hi, stream: true })
  await expect(openai.chat.completions.create(hi)).rejects.toThrow(RateLimitError)
  const { answers, fetch } = sdkFetch(async count => {
    if (count > 1) return
    running.controller.abort()
    for await (const _ of waiting);
  })
  const completion = await client(stack, { fetch, maxRetries: 2 }).chat.completions.create({ ...hi, seed: 1 })
  expect(completion.choices[0]!.message.content).toBe(answer(1, 32))
  expect(answers.map(({ status }) => status)).toEqual([429, 200])
})

test('a host that fails in mid-stream is thrown as an APIError with its code', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
  for (const [kind, code] of [
    ['errorLine', 'upstream_error'],
    ['reset', 'upstream_lost'],
  ] as const) {
    const fault = kind === 'errorLine' ? { kind, afterTokens: 3, message: 'boom' } : { kind, afterTokens: 3 }
    stack.hosts[0]!.faults.next(fault)
    let text = ''
    const stream = await client(stack).chat.completions.create({ ...hi, seed: 7, stream: true })
    const reading = (async () => {
      for await (const chunk of stream) text += chunk.choices[0]!.delta.content ?? ''
    })()
    await expect(reading).rejects.toThrow(APIError)
    await expect(reading).rejects.toMatchObject({
      code,
      type: 'server_error',
      requestID: expect.stringMatching(/^r_/),
    })
    expect(text).toBe(answer(7, 3))
  }
})
