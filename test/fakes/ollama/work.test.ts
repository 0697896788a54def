import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { contentOf, linesOf, post, user } from './client.ts'
import { startFakeOllama } from './server.ts'
import { answer } from './tokens.ts'

describe('a host under work', () => {
  test('more requests than slots wait, and every answer is right', async () => {
    await using fake = await startFakeOllama({ parallel: 3, tokenMs: 1 })
    const one = async (seed: number): Promise<void> => {
      const body = { model: 'llama3.2', messages: user('x'), options: { seed, num_predict: 10 } }
      expect(contentOf(linesOf(await (await post(`${fake.url}/api/chat`, body)).text()))).toBe(answer(seed, 10))
    }
    await Promise.all(Array.from({ length: 30 }, (_, seed) => one(seed)))
    expect({ max: fake.runningMax, running: fake.running, inFlight: fake.inFlight }).toEqual({
      max: 3,
      running: 0,
      inFlight: 0,
    })
    expect(fake.inFlightMax).toBeGreaterThan(3)
    expect(fake.requests.map(request => request.outcome)).toEqual(Array(30).fill('done'))
  })

  test('a client that leaves frees the slot at once, and one that leaves while waiting never runs', async () => {
    await using fake = await startFakeOllama({ tokenMs: 5 })
    const body = { model: 'llama3.2', messages: user('x'), options: { num_predict: 100_000 } }
    const [running, waiting] = [new AbortController(), new AbortController()]
    const first = await post(`${fake.url}/api/chat`, body, running.signal)
    const second = post(`${fake.url}/api/chat`, body, waiting.signal).catch(() => 'left')
    await fake.waitFor(() => fake.inFlight === 2 && fake.requests[0]!.tokens >= 3, 5_000)
    waiting.abort()
    await fake.waitFor(() => fake.requests[1]!.outcome === 'aborted', 1_000)
    running.abort()
    await fake.waitFor(() => fake.running === 0, 1_000)
    await expect(first.text()).rejects.toThrow('abort')
    expect(await second).toBe('left')
    expect(fake.requests.map(({ outcome, tokens }) => [outcome, tokens > 0])).toEqual([
      ['aborted', true],
      ['aborted', false],
    ])
    expect(fake.requests[0]!.endedAt).toBeGreaterThanOrEqual(fake.requests[0]!.startedAt)
  })

  test('a client that leaves during a cold load aborts the load', async () => {
    await using fake = await startFakeOllama({ loadMs: 60_000 })
    const leaver = new AbortController()
    const left = post(`${fake.url}/api/chat`, { model: 'llama3.2', messages: user('x') }, leaver.signal).catch(
      () => 'left',
    )
    await fake.waitFor(() => fake.inFlight === 1, 5_000)
    leaver.abort()
    await fake.waitFor(() => fake.inFlight === 0, 1_000)
    expect([await left, fake.loads]).toEqual(['left', 0])
  })

  test('a full load queue is 503 in the words of Ollama', async () => {
    await using fake = await startFakeOllama({ models: ['a', 'b', 'c'], maxQueue: 0, tokenMs: 5 })
    const leaver = new AbortController()
    const ask = (model: string): Promise<Response> =>
      post(`${fake.url}/api/chat`, { model, messages: user('x'), options: { num_predict: 9_999 } }, leaver.signal)
    const left = [ask('a').catch(() => 'left')]
    await fake.waitFor(() => fake.running === 1, 5_000)
    left.push(ask('b').catch(() => 'left'))
    await fake.waitFor(() => fake.inFlight === 2, 5_000)
    const refused = await ask('c')
    expect(refused.status).toBe(503)
    expect(await refused.text()).toBe('{"error":"server busy, please try again.  maximum pending requests exceeded"}')
    leaver.abort()
    await Promise.all(left)
  })

  test('the body is recorded as it was sent', async () => {
    await using fake = await startFakeOllama()
    const body = '{"messages":[],\n "model" : "llama3.2", "options":{"seed":12345678901234567890}}'
    await (await post(`${fake.url}/api/chat`, body)).text()
    expect(fake.controls[0]).toMatchObject({ path: '/api/chat', model: 'llama3.2', body, outcome: 'done' })
  })

  test('a client that leaves in the middle of its request never asked', async () => {
    await using fake = await startFakeOllama()
    const socket = connect(fake.port, '127.0.0.1')
    socket.end('POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"model"')
    await new Promise(closed => socket.resume().on('close', closed))
    expect((await fetch(fake.url)).status).toBe(200)
    expect(fake.requests).toEqual([])
  })

  test('300 streams at 10 ms a token keep their pace', async () => {
    await using fake = await startFakeOllama({ parallel: 300, tokenMs: 10 })
    const body = { model: 'llama3.2', messages: user('x'), options: { seed: 1, num_predict: 100 } }
    const startedMs = performance.now()
    const texts = await Promise.all(
      Array.from({ length: 300 }, async () => (await post(`${fake.url}/api/chat`, body)).text()),
    )
    const tookMs = performance.now() - startedMs
    expect(new Set(texts.map(text => contentOf(linesOf(text))))).toEqual(new Set([answer(1, 100)]))
    expect(tookMs).toBeGreaterThan(980)
    // Without drift it is about 1,300 ms with the 300 clients in the same process; the bound leaves room for a busy machine.
    expect(tookMs).toBeLessThan(6_000)
  })

  test('waitFor rejects when the time is up', async () => {
    await using fake = await startFakeOllama()
    await expect(fake.waitFor(() => fake.running === 1, 20)).rejects.toThrow('not reached within 20 ms')
  })
})
