import { queues } from '@drover/shared/queues'
import { Queue } from 'bullmq'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { APIError } from 'openai'
import { expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { RawConnection } from '../support/raw-http.ts'
import { ask, contentOf, postChat, sortBlock, sseBlocks, type EventStream } from '../support/sse-client.ts'
import { startStack } from '../support/stack.ts'
import { finishes, openaiClient, stream, user } from '../support/streaming.ts'

/** What may happen to a stream of /v1/chat/completions: it waits, expires, fails, is left. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

test('60. while queued: headers and comments at the set interval and no data; the SDK’s iterator notices nothing', async () => {
  const server = { headersAfterMs: 100, heartbeatMs: 150 }
  await using stack = await startStack({ redisUrl, config: { slots: 1, server } })
  const [host] = stack.hosts
  host!.faults.next({ kind: 'stall', afterTokens: 0 })
  const leave = new AbortController()
  const stalled = postChat(stack.url, ask('one', { stream: true }), { signal: leave.signal }).catch(() => {})
  await host!.waitFor(() => host!.running === 1, 5_000)

  const sentMs = performance.now()
  const iterated = openaiClient(stack).chat.completions.create({
    model: 'llama3.2',
    messages: user('three'),
    stream: true,
    seed: 3,
  })
  const response = await postChat(stack.url, ask('two', { stream: true, seed: 2 }))
  const headersMs = performance.now()
  expect(response.status).toBe(200)
  expect(headersMs - sentMs).toBeLessThan(1_000)

  const seen: EventStream = { comments: [], data: [], chunks: [] }
  for await (const block of sseBlocks(response)) {
    sortBlock(block, seen)
    if (seen.comments.length === 4 && !leave.signal.aborted) {
      expect(seen.data).toEqual([])
      // The first comes with the headers, each of the others an interval later.
      expect(performance.now() - headersMs).toBeGreaterThan(3 * server.heartbeatMs * 0.8)
      expect(performance.now() - headersMs).toBeLessThan(3 * server.heartbeatMs + 1_000)
      expect(host!.requests).toHaveLength(1)
      leave.abort()
      await stalled
    }
  }
  expect(contentOf(seen.chunks)).toBe(answer(2, 32))
  expect(seen.data.at(-1)).toBe('[DONE]')
  let read = ''
  for await (const chunk of await iterated) read += chunk.choices[0]!.delta.content ?? ''
  expect(read).toBe(answer(3, 32))
})

test('61. a request that expires while queued ends with one error event; openai-node throws it with its code', async () => {
  const config = { server: { headersAfterMs: 50, heartbeatMs: 200 }, queue: { deadlineMs: 1_000 } }
  await using stack = await startStack({ redisUrl, config })
  const queue = new Queue(queues.group('llama3.2'), { connection: stack.redis, prefix: stack.keys.prefix })
  await queue.pause()
  const thrown = (async () => {
    const request = { model: 'llama3.2', messages: user('two'), stream: true } as const
    for await (const chunk of await openaiClient(stack).chat.completions.create(request)) return chunk
    return 'a clean end'
  })()
  const [{ data, chunks, comments }, whole] = await Promise.all([
    stream(stack, 'one'),
    postChat(stack.url, ask('three')),
    expect(thrown).rejects.toSatisfy(error => error instanceof APIError && error.code === 'deadline_exceeded'),
  ])
  expect(data).toHaveLength(1)
  expect(chunks[0]!.error).toEqual({
    message: expect.stringMatching(/./),
    type: 'server_error',
    param: null,
    code: 'deadline_exceeded',
  })
  expect(comments.length).toBeGreaterThan(1)
  expect(whole.status).toBe(504)
  await queue.resume()
  expect((await stream(stack, 'four')).data.at(-1)).toBe('[DONE]')
  expect(stack.hosts[0]!.requests).toHaveLength(1)
})

test('62. the host’s own error in mid-stream becomes one error event with its text: no finish chunk, no [DONE]', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
  stack.hosts[0]!.faults.next({ kind: 'errorLine', afterTokens: 3, message: 'boom' })
  const { data, chunks } = await stream(stack, 'hi', { seed: 4 })
  expect(chunks.filter(chunk => 'error' in chunk)).toEqual([chunks.at(-1)])
  expect(chunks.at(-1)!.error).toMatchObject({ message: expect.stringContaining('boom'), code: 'upstream_error' })
  expect(contentOf(chunks.slice(0, -1))).toBe(answer(4, 3))
  expect(finishes(chunks.slice(0, -1))).toEqual([])
  expect(data).not.toContain('[DONE]')
})

test.each(['eof', 'halfLine', 'reset'] as const)(
  '63. a host that ends in mid-stream without done (%s) becomes an error event',
  async kind => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
    stack.hosts[0]!.faults.next({ kind, afterTokens: 3 })
    const { data, chunks } = await stream(stack, 'hi', { seed: 4 })
    expect(chunks.at(-1)!.error).toMatchObject({ code: 'upstream_lost', type: 'server_error' })
    expect(contentOf(chunks.slice(0, -1))).toBe(answer(4, 3))
    expect(finishes(chunks.slice(0, -1))).toEqual([])
    expect(data).not.toContain('[DONE]')
  },
)

test('65. a client that leaves after two chunks: the host’s connection closes within a second and the next job starts', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }], config: { slots: 1 } })
  const [host] = stack.hosts
  const leave = new AbortController()
  const response = await postChat(stack.url, ask('one', { stream: true }), { signal: leave.signal })
  const next = stream(stack, 'two', { seed: 2, max_tokens: 5 })
  const blocks = sseBlocks(response)
  await blocks.next()
  await blocks.next()
  const leftMs = performance.now()
  leave.abort()
  await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
  expect(performance.now() - leftMs).toBeLessThan(1_000)
  expect(contentOf((await next).chunks)).toBe(answer(2, 5))
  expect(host!.requests.map(({ outcome }) => outcome)).toEqual(['aborted', 'done'])
})

test('66. a client that leaves while queued: the job is removed and the host never called for it', async () => {
  const server = { headersAfterMs: 50 }
  await using stack = await startStack({ redisUrl, config: { slots: 1, server } })
  const [host] = stack.hosts
  host!.faults.next({ kind: 'stall', afterTokens: 1 })
  const leaveRunning = new AbortController()
  const running = await postChat(stack.url, ask('one', { stream: true }), { signal: leaveRunning.signal })
  expect(running.status).toBe(200)
  const leaveQueued = new AbortController()
  const queued = await postChat(stack.url, ask('two', { stream: true }), { signal: leaveQueued.signal })
  const id = queued.headers.get('x-request-id')!
  const job = (): Promise<string[]> => stack.redis.keys(`${stack.keys.prefix}:{chat-*:${id}`)
  expect(await job()).toHaveLength(1)
  leaveQueued.abort()
  await expect.poll(job).toEqual([])
  leaveRunning.abort()
  const last = await stream(stack, 'three', { seed: 3, max_tokens: 5 })
  expect(contentOf(last.chunks)).toBe(answer(3, 5))
  expect(
    host!.requests.map(({ body }) => (JSON.parse(body) as { messages: { content: string }[] }).messages[0]!.content),
  ).toEqual(['one', 'three'])
})

test('67. a reader that stalls costs a bounded buffer, holds nobody else up, and gets everything once it reads on', async () => {
  const accepted = new Set<Socket>()
  const onSocket = (message: unknown): void => void accepted.add((message as { socket: Socket }).socket)
  subscribe('net.server.socket', onSocket)
  using _unsubscribe = { [Symbol.dispose]: () => void unsubscribe('net.server.socket', onSocket) }
  // Some seven megabytes as server-sent events: more than the kernel takes for a reader that does not read.
  const tokens = 40_000
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 0.05 }] })
  const [host] = stack.hosts
  const blocks = sseBlocks(await postChat(stack.url, ask('hi', { stream: true, seed: 7, max_tokens: tokens })))
  const seen: EventStream = { comments: [], data: [], chunks: [] }
  const first = await blocks.next()
  sortBlock(first.value as string, seen)

  const startedMs = performance.now()
  const other = await stream(stack, 'hi', { seed: 8, max_tokens: 10_000 })
  expect(contentOf(other.chunks)).toBe(answer(8, 10_000))
  expect(performance.now() - startedMs).toBeLessThan(5_000)

  await host!.waitFor(() => host!.requests.every(({ outcome }) => outcome === 'done'), 20_000)
  const { port } = new URL(stack.url)
  const stalled = [...accepted].filter(socket => socket.localPort === Number(port) && socket.writableLength > 0)
  expect(stalled).toHaveLength(1)
  expect(stalled[0]!.writableLength).toBeLessThan(1024 * 1024)

  for await (const block of blocks) sortBlock(block, seen)
  expect(contentOf(seen.chunks)).toBe(answer(7, tokens))
  expect(seen.data.at(-1)).toBe('[DONE]')
})

test('70. an api that stops in mid-stream never ends a stream cleanly before its [DONE], and no job runs twice', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 60 }] })
  using reader = new RawConnection(stack.url)
  reader.postJson('/v1/chat/completions', ask('hi', { stream: true, seed: 5 }))
  await reader.received(text => text.includes('"content":" '))
  await stack.services.api[Symbol.asyncDispose]()
  const end = await reader.ended
  const finished = reader.text.includes('data: [DONE]')
  const toldSo = reader.text.includes('data: {"error":')
  // A chunked body is complete only with its last, empty chunk.
  const looksComplete = end === 'end' && reader.text.endsWith('0\r\n\r\n')
  expect(looksComplete && !finished && !toldSo).toBe(false)
  if (finished) expect(reader.text.match(/"content":/g)).toHaveLength(61)
  await expect(fetch(stack.url)).rejects.toThrow()
  expect(stack.hosts[0]!.requests).toHaveLength(1)
})
