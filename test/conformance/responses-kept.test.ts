import { describe, expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { expectRefusal } from '../support/refusal.ts'
import { startRedisServer } from '../support/redis-server.ts'
import {
  postResponse,
  respond,
  responseEvents,
  streamResponse,
  textOf,
  type ResponseEvent,
} from '../support/responses.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** /v1/responses in the foreground. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

const get = (stack: Stack, path: string, init?: RequestInit): Promise<Response> =>
  fetch(`${stack.url}/v1/responses/${path}`, init)

/** With the deltas of one item as one. */
const order = (events: readonly ResponseEvent[]): string[] =>
  events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1])

test('100. cancelling a foreground response is 400, an unknown one 404', async () => {
  await using stack = await startStack({ redisUrl })
  const { id } = await respond(stack)
  const cancelled = await get(stack, `${id}/cancel`, { method: 'POST' })
  expect(cancelled.status).toBe(400)
  expect(await cancelled.json()).toMatchObject({
    error: { message: expect.stringContaining('Cannot cancel a synchronous response.') },
  })
  // As a client sends it that says JSON and has no body.
  const headers = { 'content-type': 'application/json' }
  await expectRefusal(await get(stack, 'resp_r_1/cancel', { method: 'POST', headers }), 404, 'response_not_found')
})

describe('101. what was deleted is gone', () => {
  test('101. for reading, listing, deleting and going on', async () => {
    await using stack = await startStack({ redisUrl })
    const { id } = await respond(stack)
    const headers = { 'content-type': 'application/json' }
    const deleted = await get(stack, id, { method: 'DELETE', headers })
    expect(deleted.status).toBe(200)
    expect(await deleted.json()).toEqual({ id, object: 'response', deleted: true })
    await expectRefusal(await get(stack, id), 404, 'response_not_found')
    await expectRefusal(await get(stack, `${id}/input_items`), 404, 'response_not_found')
    await expectRefusal(await get(stack, id, { method: 'DELETE' }), 404, 'response_not_found')
    const next = await postResponse(stack, { previous_response_id: id })
    await expectRefusal(next, 404, 'response_not_found', 'previous_response_id')
  })

  test('101. a response that runs is not kept yet: deleting it is 404, and it goes on', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 5 }] })
    const response = await postResponse(stack, { seed: 7, stream: true })
    let deleted: Response | undefined
    let last: ResponseEvent | undefined
    for await (const event of responseEvents(response)) {
      last = event
      if (event.type === 'response.created') deleted = await get(stack, event.response.id, { method: 'DELETE' })
    }
    await expectRefusal(deleted!, 404, 'response_not_found')
    expect(textOf(last!.response)).toBe(answer(7, 32))
    expect((await get(stack, last!.response.id)).status).toBe(200)
  })

  test('101. keeping ends by itself after responses.keepMs', async () => {
    await using stack = await startStack({ redisUrl, config: { responses: { keepMs: 60_000 } } })
    const { id } = await respond(stack)
    const [key] = await stack.redis.keys(`${stack.keys.prefix}:response:*:${id}`)
    const leftMs = await stack.redis.pttl(key!)
    expect(leftMs).toBeGreaterThan(50_000)
    expect(leftMs).toBeLessThanOrEqual(60_000)
  })
})

describe('102. what is not to be kept is not', () => {
  test('102. store:false', async () => {
    await using stack = await startStack({ redisUrl })
    const whole = await respond(stack, { store: false })
    const streamed = (await streamResponse(stack, { store: false })).at(-1)!.response
    for (const { id, store } of [whole, streamed]) {
      expect(store).toBe(false)
      await expectRefusal(await get(stack, id), 404, 'response_not_found')
    }
    expect(await stack.redis.keys(`${stack.keys.prefix}:response:*`)).toEqual([])
  })

  test('102. nor is what is too large, and the response says so', async () => {
    await using stack = await startStack({ redisUrl })
    const { id, store } = await respond(stack, { input: 'x'.repeat(1024 * 1024) })
    expect(store).toBe(false)
    await expectRefusal(await get(stack, id), 404, 'response_not_found')
  })

  test('102. and what is kept is there for the key that asked, and for no other', async () => {
    await using stack = await startStack({ redisUrl, config: { server: { keys: ['key-a', 'key-b'] } } })
    const as = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })
    const made = (await (await postResponse(stack, {}, { headers: as('key-a') })).json()) as { id: string }
    expect((await get(stack, made.id, { headers: as('key-a') })).status).toBe(200)
    for (const init of [{}, { method: 'DELETE' }])
      await expectRefusal(await get(stack, made.id, { ...init, headers: as('key-b') }), 404, 'response_not_found')
    const next = await postResponse(stack, { previous_response_id: made.id }, { headers: as('key-b') })
    await expectRefusal(next, 404, 'response_not_found', 'previous_response_id')
    await expectRefusal(await get(stack, made.id), 401, 'invalid_api_key')
  })
})

test('103. a client that leaves stops the generation, and nothing is kept', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
  const [host] = stack.hosts
  const leave = new AbortController()
  const response = await postResponse(stack, { stream: true }, { signal: leave.signal })
  let id = ''
  const read = async (): Promise<void> => {
    for await (const event of responseEvents(response)) {
      if (event.type === 'response.created') ({ id } = event.response)
      if (event.type === 'response.output_text.delta') leave.abort()
    }
  }
  await expect(read()).rejects.toThrow()
  await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
  await expectRefusal(await get(stack, id), 404, 'response_not_found')
})

describe('104. failures', () => {
  test('104. in mid-stream: the item is ended, an error is told, response.failed comes last, and GET shows it failed', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
    stack.hosts[0]!.faults.next({ kind: 'errorLine', afterTokens: 3, message: 'boom' })
    const events = await streamResponse(stack, { seed: 4 })
    expect(order(events).slice(-5)).toEqual([
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'error',
      'response.failed',
    ])
    const { response } = events.at(-1)!
    expect(response).toMatchObject({
      status: 'failed',
      error: { code: 'server_error', message: expect.stringContaining('boom'), type: 'upstream_error' },
    })
    expect(textOf(response)).toBe(answer(4, 3))
    expect(response.output[0]!.status).toBe('incomplete')
    const kept = await (await get(stack, response.id)).json()
    expect(kept).toMatchObject({ id: response.id, status: 'failed', error: response.error, usage: null })
  })

  test('104. while it waits, after the headers', async () => {
    const config = { slots: 1, server: { headersAfterMs: 50 }, queue: { deadlineMs: 1_000 } }
    await using stack = await startStack({ redisUrl, config })
    stack.hosts[0]!.faults.next({ kind: 'neverAnswer' })
    const events = await streamResponse(stack)
    expect(order(events)).toEqual(['response.created', 'response.in_progress', 'error', 'response.failed'])
    expect(events.at(-1)!.response.error).toMatchObject({ type: 'deadline_exceeded' })
  })

  test('104. without a stream it is an error with its status, and is kept as failed', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
    stack.hosts[0]!.faults.next({ kind: 'eof', afterTokens: 3 })
    const response = await postResponse(stack, {})
    const id = `resp_${response.headers.get('x-request-id')}`
    await expectRefusal(response, 502, 'upstream_lost')
    expect(await (await get(stack, id)).json()).toMatchObject({ id, status: 'failed', output: [] })
  })

  test('104. with Redis away, what was kept is 503, and is there again when Redis is', async () => {
    await using server = await startRedisServer({ appendonly: true })
    await using stack = await startStack({ redisUrl: server.url })
    const first = await respond(stack, { input: 'echo: one' })
    await server.kill('SIGKILL')
    for (const path of [first.id, `${first.id}/input_items`])
      await expectRefusal(await get(stack, path), 503, 'queue_unavailable')
    const next = await postResponse(stack, { previous_response_id: first.id })
    await expectRefusal(next, 503, 'queue_unavailable')
    await server.restart()
    await expect.poll(async () => (await get(stack, first.id)).status, { timeout: 10_000 }).toBe(200)
  })
})

describe('101. input_items', () => {
  interface List {
    data: { id: string; role?: string; content?: unknown; output?: string }[]
    first_id: string
    last_id: string
    has_more: boolean
  }
  const input = [
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'two' },
    { role: 'user', content: [{ type: 'input_text', text: 'three' }] },
  ]
  const list = async (stack: Stack, id: string, query: string): Promise<List> =>
    (await (await get(stack, `${id}/input_items?${query}`)).json()) as List

  test('101. are those of the request, the newest first, in pages', async () => {
    await using stack = await startStack({ redisUrl })
    const first = await respond(stack)
    const { id } = await respond(stack, { input, previous_response_id: first.id })
    const all = await list(stack, id, 'order=asc')
    expect(all).toEqual({
      object: 'list',
      data: [
        {
          id: expect.any(String),
          type: 'message',
          role: 'user',
          status: 'completed',
          content: [{ type: 'input_text', text: 'one' }],
        },
        {
          id: expect.any(String),
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'two', annotations: [] }],
        },
        {
          id: expect.any(String),
          type: 'message',
          role: 'user',
          status: 'completed',
          content: [{ type: 'input_text', text: 'three' }],
        },
      ],
      first_id: all.data[0]!.id,
      last_id: all.data[2]!.id,
      has_more: false,
    })
    const page = await list(stack, id, 'limit=2')
    expect(page).toMatchObject({ data: [all.data[2], all.data[1]], has_more: true })
    const rest = await list(stack, id, `limit=2&after=${page.last_id}`)
    expect(rest).toMatchObject({ data: [all.data[0]], has_more: false })
  })

  test('101. a wrong limit, order or cursor is named', async () => {
    await using stack = await startStack({ redisUrl })
    const { id } = await respond(stack)
    for (const [field, query] of [
      ['limit', 'limit=0'],
      ['limit', 'limit=101'],
      ['limit', 'limit=1.5'],
      ['limit', 'limit=x'],
      ['order', 'order=up'],
      ['after', 'after=item_0'],
    ])
      await expectRefusal(await get(stack, `${id}/input_items?${query}`), 400, 'invalid_request', field)
    await expectRefusal(await get(stack, `${id}?stream=true`), 400, 'invalid_request', 'stream')
  })
})
