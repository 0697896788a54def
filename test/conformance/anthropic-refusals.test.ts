import { describe, expect, inject, test } from 'vitest'
import { answer, seedOf } from '../fakes/ollama/tokens.ts'
import { askMessage, expectAnthropicRefusal, postMessage, streamMessage } from '../support/anthropic.ts'
import { traces } from '../support/refusal.ts'
import { post } from '../support/sse-client.ts'
import { startStack } from '../support/stack.ts'

/** What /v1/messages refuses, and what fails there. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

describe('134. what is wrong is refused in Anthropic’s envelope, which names the field, and reaches no host', () => {
  test.each<[string, object]>([
    ['max_tokens', { max_tokens: undefined }],
    ['max_tokens', { max_tokens: 0 }],
    ['model', { model: undefined }],
    ['messages', { messages: [] }],
    [String.raw`messages\[0\]\.content`, { messages: [{ role: 'user', content: 7 }] }],
    ['temperature', { temperature: 2 }],
    [String.raw`tools\[0\]\.type`, { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ])('134. %s in %o', async (field, wrong) => {
    await using stack = await startStack({ redisUrl })
    for (const streamed of [false, true])
      await expectAnthropicRefusal(
        await postMessage(stack, askMessage('hi', { ...wrong, stream: streamed })),
        400,
        'invalid_request_error',
        new RegExp(field),
      )
    expect(stack.hosts[0]!.requests).toHaveLength(0)
    expect(await traces(stack)).toBe(0)
  })
})

test('134. so is what is no request for a message at all', async () => {
  await using stack = await startStack({ redisUrl, config: { server: { bodyBytesMax: 4096 } } })
  const url = `${stack.url}/v1/messages`
  await expectAnthropicRefusal(await postMessage(stack, '{bad'), 400, 'invalid_request_error')
  await expectAnthropicRefusal(await postMessage(stack, ''), 400, 'invalid_request_error')
  await expectAnthropicRefusal(await postMessage(stack, '['.repeat(4000)), 400, 'invalid_request_error')
  await expectAnthropicRefusal(await postMessage(stack, askMessage('x'.repeat(5000))), 413, 'request_too_large')
  await expectAnthropicRefusal(
    await postMessage(stack, 'hi', { headers: { 'content-type': 'text/plain' } }),
    415,
    'invalid_request_error',
  )
  await expectAnthropicRefusal(await fetch(url), 405, 'invalid_request_error')
  await expectAnthropicRefusal(await fetch(`${url}/batches`, { method: 'POST' }), 404, 'not_found_error')
  await expectAnthropicRefusal(await fetch(`${url}/%E0%A4%A`, { method: 'POST' }), 400, 'invalid_request_error')
  await expectAnthropicRefusal(
    await postMessage(stack, askMessage('hi', { model: 'nope' })),
    404,
    'not_found_error',
    /nope/,
  )
})

test('134. an image that is not in the request, or a GIF, is refused with a reason', async () => {
  await using stack = await startStack({ redisUrl })
  const refused = async (source: object, why: RegExp): Promise<void> =>
    expectAnthropicRefusal(
      await postMessage(stack, askMessage([{ type: 'image', source }])),
      400,
      'invalid_request_error',
      why,
    )
  await refused({ type: 'url', url: 'http://127.0.0.1/x.png' }, /not fetched/)
  await refused({ type: 'base64', media_type: 'image/gif', data: 'R0lGOA==' }, /image\/png/)
})

describe('141. what fails', () => {
  test('141. while nobody serves the model: 503 overloaded_error, with retry-after', async () => {
    await using stack = await startStack({ redisUrl })
    await stack.hosts[0]!.setDown(true)
    await expect
      .poll(async () => (await (await fetch(`${stack.url}/health`)).json()) as object)
      .toMatchObject({ healthy_count: 0 })
    const response = await postMessage(stack, askMessage('hi'))
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    await expectAnthropicRefusal(response, 503, 'overloaded_error')
  })

  test('141. a full queue: 429 rate_limit_error', async () => {
    const config = { slots: 1, queue: { depthMax: 1 }, server: { headersAfterMs: 50 } }
    await using stack = await startStack({ redisUrl, config })
    const host = stack.hosts[0]!
    host.faults.every({ kind: 'stall', afterTokens: 1 })
    const leave = new AbortController()
    await postMessage(stack, askMessage('one', { stream: true }), { signal: leave.signal })
    // Headers come before a host has the request: until then it is in the queue, and the second one would be refused.
    await host.waitFor(() => host.running === 1, 10_000)
    await postMessage(stack, askMessage('two', { stream: true }), { signal: leave.signal })
    await expectAnthropicRefusal(await postMessage(stack, askMessage('three')), 429, 'rate_limit_error')
    leave.abort()
  })

  test.each([
    ['errorLine', /boom/],
    ['reset', /./],
    ['eof', /./],
  ] as const)(
    '141. in mid-stream (%s): one error event, and neither message_delta nor message_stop',
    async (kind, why) => {
      await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
      const fault = kind === 'errorLine' ? { kind, afterTokens: 3, message: 'boom' } : { kind, afterTokens: 3 }
      stack.hosts[0]!.faults.next(fault)
      const { events } = await streamMessage(stack, askMessage('hi'))
      expect(events.at(-1)).toEqual({
        type: 'error',
        error: { type: 'api_error', message: expect.stringMatching(why) },
        request_id: expect.stringMatching(/^r_/),
      })
      expect(events.filter(({ type }) => type === 'error')).toHaveLength(1)
      expect(events.filter(({ type }) => type === 'message_delta' || type === 'message_stop')).toEqual([])
      expect(events.map(({ delta }) => delta?.text ?? '').join('')).toBe(answer(seedOf('hi'), 3))
    },
  )

  test('141. before the first token: JSON with a true status, also of a stream', async () => {
    await using stack = await startStack({ redisUrl })
    stack.hosts[0]!.faults.next({ kind: 'status', status: 400, body: '{"error":"llama3.2 does not support tools"}' })
    await expectAnthropicRefusal(
      await postMessage(stack, askMessage('hi', { stream: true })),
      400,
      'invalid_request_error',
    )
  })
})

test('142. x-api-key and Bearer are both accepted, on both paths; anything else is 401 authentication_error', async () => {
  await using stack = await startStack({ redisUrl, config: { server: { keys: ['sk-one'] } } })
  for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
    const call = (headers: Record<string, string>): Promise<Response> =>
      post(`${stack.url}${path}`, askMessage('hi'), { headers: { 'anthropic-version': '2023-06-01', ...headers } })
    for (const headers of [{ 'x-api-key': 'sk-one' }, { authorization: 'Bearer sk-one' }])
      expect((await call(headers as Record<string, string>)).status).toBe(200)
    await expectAnthropicRefusal(await call({ 'x-api-key': 'sk-two' }), 401, 'authentication_error')
    await expectAnthropicRefusal(await call({}), 401, 'authentication_error')
  }
})
