import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from 'openai'
import { describe, expect, inject, test } from 'vitest'
import { parseResponse, RawConnection } from '../support/raw-http.ts'
import { expectRefusal, traces } from '../support/refusal.ts'
import { sdkFetch } from '../support/sdk-fetch.ts'
import { ask, post, postChat, readStream } from '../support/sse-client.ts'
import { startStack } from '../support/stack.ts'

/** What holds for every endpoint. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

const requestId = (response: Response): string => response.headers.get('x-request-id') ?? ''

test('1. every response has an x-request-id of its own: answers, streams and refusals of every status', async () => {
  await using stack = await startStack({ redisUrl, config: { server: { keys: ['sk-test'], bodyBytesMax: 4096 } } })
  const authorization = 'Bearer sk-test'
  const send = (body: object | string, headers: object = {}): Promise<Response> =>
    postChat(stack.url, body, { headers: { authorization, ...headers } })
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${stack.url}${path}`, { ...init, headers: { authorization } })

  stack.hosts[0]!.faults.next({ kind: 'eof', afterTokens: 2 })
  const responses: [number, Response][] = [
    [502, await send(ask('hi'))],
    [200, await send(ask('hi'))],
    [200, await send(ask('hi', { stream: true }))],
    [200, await post(`${stack.url}/api/chat`, ask('hi'), { headers: { authorization } })],
    [200, await post(`${stack.url}/v1/messages`, ask('hi', { max_tokens: 5 }), { headers: { authorization } })],
    [
      200,
      await post(`${stack.url}/v1/completions`, { model: 'llama3.2', prompt: 'hi' }, { headers: { authorization } }),
    ],
    [200, await get('/v1/models')],
    [200, await get('/health')],
    [400, await send('{bad')],
    [400, await get('/v1/models/%E0%A4%A')],
    [401, await send(ask('hi'), { authorization: 'Bearer other' })],
    [404, await send(ask('hi', { model: 'nope' }))],
    [404, await get('/nope')],
    [405, await get('/v1/chat/completions')],
    [413, await send(ask('x'.repeat(5000)))],
    [415, await send('hi', { 'content-type': 'text/plain' })],
  ]
  expect(responses.map(([, { status }]) => status)).toEqual(responses.map(([status]) => status))
  const ids = responses.map(([, response]) => requestId(response))
  expect(ids).not.toContain('')
  expect(new Set(ids).size).toBe(ids.length)
})

test('1. a client cannot choose the x-request-id', async () => {
  await using stack = await startStack({ redisUrl })
  const response = await postChat(stack.url, ask('hi'), { headers: { 'x-request-id': 'mine' } })
  expect(requestId(response)).toMatch(/^r_\w+$/)
})

test.each([
  ['bytes that are not HTTP', 'GARBAGE\r\n\r\n', 400],
  ['a method that does not exist', 'FOO /v1/models HTTP/1.1\r\nhost: x\r\n\r\n', 400],
  ['headers beyond the limit', `GET / HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(20_000)}\r\n\r\n`, 431],
])('1. %s are refused with an envelope and an x-request-id, too', async (_name, bytes, status) => {
  await using stack = await startStack({ redisUrl })
  using connection = new RawConnection(stack.url)
  connection.socket.write(bytes)
  await connection.ended
  const response = parseResponse(connection.text)
  expect(response.status).toBe(status)
  expect(response.headers.get('x-request-id')).toMatch(/^r_\w+$/)
  expect(JSON.parse(response.body)).toMatchObject({ error: { type: 'invalid_request_error', code: 'invalid_request' } })
})

test('2. without a key, or with a wrong one, the answer is 401 invalid_api_key', async () => {
  await using stack = await startStack({ redisUrl, config: { server: { keys: ['sk-one', 'sk-two'] } } })
  await expectRefusal(await postChat(stack.url, ask('hi')), 401, 'invalid_api_key')
  await expectRefusal(await fetch(`${stack.url}/v1/models`), 401, 'invalid_api_key')
  await expectRefusal(await fetch(`${stack.url}/nope`), 401, 'invalid_api_key')
  for (const sent of ['Bearer sk-three', 'Bearer ', 'Basic sk-one', 'sk-one', 'Bearer sk-one sk-one'])
    await expectRefusal(
      await postChat(stack.url, ask('hi'), { headers: { authorization: sent } }),
      401,
      'invalid_api_key',
    )

  const { answers, fetch: counted } = sdkFetch()
  const stranger = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'sk-three', fetch: counted })
  await expect(stranger.models.list()).rejects.toThrow(AuthenticationError)
  await expect(stranger.models.list()).rejects.toMatchObject({ code: 'invalid_api_key', type: 'invalid_request_error' })
  expect(answers).toHaveLength(2)
  expect(await traces(stack)).toBe(0)

  const known = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'sk-two' })
  expect((await known.models.list()).data).toHaveLength(1)
  expect((await fetch(`${stack.url}/v1/models`, { headers: { 'x-api-key': 'sk-one' } })).status).toBe(200)
})

test('10. an unknown path is 404, a wrong method on a known path 405 with Allow', async () => {
  await using stack = await startStack({ redisUrl })
  const send = (method: string, path: string): Promise<Response> => fetch(`${stack.url}${path}`, { method })
  for (const path of ['/nope', '/v1', '/v1/', '/v1/chat', '/v1/chat/completions/x', '/v2/models'])
    await expectRefusal(await send('GET', path), 404, 'route_not_found')
  for (const [method, path, allow] of [
    ['GET', '/v1/chat/completions', ['POST']],
    ['DELETE', '/v1/chat/completions?x=1', ['POST']],
    ['GET', '/v1/completions', ['POST']],
    ['PATCH', '/v1/embeddings', ['POST']],
    ['PUT', '/v1/models', ['GET', 'HEAD']],
    ['POST', '/v1/models/llama3.2', ['GET', 'HEAD']],
    ['POST', '/health', ['GET', 'HEAD']],
  ] as const) {
    const response = await send(method, path)
    expect(response.headers.get('allow')?.split(', ').sort()).toEqual(allow)
    await expectRefusal(response, 405, 'method_not_allowed')
  }
  const native = await send('GET', '/api/chat')
  expect(native.status).toBe(405)
  expect(native.headers.get('allow')).toBe('POST')
  expect(await native.json()).toEqual({ error: expect.stringMatching(/./) })
  for (const path of ['/v1/responses/resp_1', '/v1/responses/resp_1/cancel']) {
    const wrong = await fetch(`${stack.url}${path}`, { method: 'PUT' })
    expect([path, wrong.status, wrong.headers.has('allow')]).toEqual([path, 405, true])
  }
})

describe('11. a field of the wrong type is refused with 400 and named in param', () => {
  test.each<[string, object]>([
    ['model', { model: 123 }],
    ['model', { model: undefined }],
    ['model', { model: '' }],
    ['messages', { messages: 'x' }],
    ['messages[0]', { messages: ['x'] }],
    ['messages[0].role', { messages: [{ role: 'robot', content: 'x' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: 7 }] }],
    ['temperature', { temperature: 'hot' }],
    ['stream', { stream: 'yes' }],
    ['tools[0].function.name', { tools: [{ type: 'function', function: { name: 1 } }] }],
    ['stop[1]', { stop: ['a', 1] }],
    ['n', { n: 1.5 }],
  ])('11. %s in %o', async (param, wrong) => {
    await using stack = await startStack({ redisUrl })
    await expectRefusal(await postChat(stack.url, ask('hi', wrong)), 400, 'invalid_request', param)
    expect(stack.hosts[0]!.requests).toHaveLength(0)
  })
})

test('12. null in every nullable field is the same as its absence', async () => {
  await using stack = await startStack({ redisUrl })
  const nullable =
    'frequency_penalty presence_penalty logit_bias logprobs top_logprobs max_tokens max_completion_tokens n seed stop stream ' +
    'stream_options temperature top_p tools tool_choice parallel_tool_calls response_format reasoning_effort metadata store user ' +
    'service_tier modalities prediction verbosity functions function_call audio ' +
    'moderation prompt_cache_key prompt_cache_options prompt_cache_retention safety_identifier web_search_options'
  const nulls = Object.fromEntries(nullable.split(' ').map(name => [name, null]))
  const answers = await Promise.all(
    [ask('hi'), ask('hi', nulls)].map(async body => {
      const response = await postChat(stack.url, body)
      expect(response.status).toBe(200)
      return ((await response.json()) as { choices: unknown }).choices
    }),
  )
  expect(answers[1]).toEqual(answers[0])
  const [plain, withNulls] = stack.hosts[0]!.requests
  expect(withNulls!.body).toBe(plain!.body)
})

test('13. fields nobody knows are ignored and reach no host', async () => {
  await using stack = await startStack({ redisUrl })
  const more = { shoe_size: 43, extra: { deep: [1, 2] }, user: 'u', metadata: { a: 'b' }, store: true }
  const response = await postChat(stack.url, {
    ...ask('hi', more),
    messages: [{ role: 'user', content: 'hi', name: 'n', cache_control: { type: 'ephemeral' } }],
  })
  expect(response.status).toBe(200)
  expect(stack.hosts[0]!.requests[0]!.body).not.toMatch(/shoe_size|extra|cache_control|metadata/)
})

test('15. a full queue is refused with 429 and retry-after; openai-node asks exactly three times', async () => {
  await using stack = await startStack({ redisUrl, config: { slots: 1, queue: { depthMax: 1 } } })
  const [host] = stack.hosts
  host!.faults.every({ kind: 'stall', afterTokens: 1 })
  const leave = new AbortController()
  const running = await postChat(stack.url, ask('one', { stream: true }), { signal: leave.signal })
  const waiting = postChat(stack.url, ask('two', { stream: true }), { signal: leave.signal })
  // Its headers come while it waits, so it has been counted by then.
  const waits = await waiting
  expect([running.status, waits.status]).toEqual([200, 200])

  const { answers, fetch: counted } = sdkFetch()
  const client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'any', fetch: counted })
  const refused = client.chat.completions.create({ model: 'llama3.2', messages: [{ role: 'user', content: 'three' }] })
  await expect(refused).rejects.toThrow(RateLimitError)
  expect(answers.map(({ status }) => status)).toEqual([429, 429, 429])
  for (const { headers } of answers) {
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect(headers.get('x-should-retry')).not.toBe('false')
  }
  leave.abort()
  expect(host!.requests).toHaveLength(1)
})

test('16. a refusal that will not change says x-should-retry: false; the client asks once', async () => {
  const guard = {
    input: { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: { substrings: ['forbidden'] } } },
  }
  await using stack = await startStack({ redisUrl, config: { guard } })
  const { answers, fetch: counted } = sdkFetch()
  const client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'any', fetch: counted })
  const create = (model: string, content: string): Promise<unknown> =>
    client.chat.completions.create({ model, messages: [{ role: 'user', content }] })
  await expect(create('nope', 'hi')).rejects.toThrow(NotFoundError)
  await expect(create('llama3.2', 'a forbidden word')).rejects.toThrow(BadRequestError)
  await expect(create('', 'hi')).rejects.toThrow(BadRequestError)
  expect(answers.map(({ status, headers }) => [status, headers.get('x-should-retry')])).toEqual([
    [404, 'false'],
    [400, 'false'],
    [400, 'false'],
  ])
  const healthy = await readStream(await postChat(stack.url, ask('hi', { stream: true })))
  expect(healthy.data.at(-1)).toBe('[DONE]')
})
