import { describe, expect, test } from 'vitest'
import { setTimeout as delay } from 'node:timers/promises'
import { answer } from './fakes/ollama/tokens.ts'
import { chat, streamChat } from './support/chat.ts'
import { startRedisServer } from './support/redis-server.ts'
import { startStack, type Stack } from './support/stack.ts'

const streams = 40
const tokens = 150

const begin = async (stack: Stack) => {
  const results = Array.from({ length: streams }, (_, seed) =>
    streamChat(stack.url, { body: { seed, max_tokens: tokens } }),
  )
  const [host] = stack.hosts
  await host!.waitFor(() => host!.requests.filter(request => request.tokens > 2).length === streams, 20_000)
  return results
}

const answersAgain = (stack: Stack) =>
  expect
    .poll(async () => (await chat(stack.url, { body: { seed: 3, max_tokens: 4 } })).text, { timeout: 10_000 })
    .toBe(answer(3, 4))

const config = { slots: streams }
const hosts = [{ tokenMs: 40, parallel: streams }]

describe('when Redis goes away under forty streams', () => {
  test.each([
    ['restarted, with its log on disk', { appendonly: true, signal: 'SIGTERM' as const, awayMs: 1_000 }],
    ['killed, with its log on disk', { appendonly: true, signal: 'SIGKILL' as const, awayMs: 1_000 }],
    ['killed, and everything it held is lost', { appendonly: false, signal: 'SIGKILL' as const, awayMs: 1_000 }],
    ['away longer than a lock lives', { appendonly: true, signal: 'SIGKILL' as const, awayMs: 9_000 }],
  ])('%s: every stream completes, byte for byte, and no job runs twice', async (_name, fault) => {
    await using server = await startRedisServer({ appendonly: fault.appendonly })
    await using stack = await startStack({ redisUrl: server.url, hosts, config })
    const results = await begin(stack)
    await server.kill(fault.signal)
    await delay(fault.awayMs)
    await server.restart()
    for (const [seed, result] of (await Promise.all(results)).entries())
      expect(result, `stream ${seed}`).toMatchObject({ text: answer(seed, tokens), end: 'length', done: true })
    expect(stack.hosts[0]?.requests).toHaveLength(streams)
    await answersAgain(stack)
  })

  test('frozen: requests are refused within 1.5 s and streams complete when it thaws', async () => {
    await using server = await startRedisServer()
    await using stack = await startStack({ redisUrl: server.url, hosts, config })
    const results = await begin(stack)
    await server.kill('SIGSTOP')
    const began = performance.now()
    expect(await chat(stack.url)).toMatchObject({ status: 503, end: 'queue_unavailable' })
    expect(performance.now() - began).toBeLessThan(1_500)
    await expect.poll(async () => (await fetch(`${stack.url}/health/readiness`)).status, { timeout: 3_000 }).toBe(503)
    expect((await fetch(`${stack.url}/health/liveliness`)).status).toBe(200)
    await delay(3_000)
    await server.kill('SIGCONT')
    for (const [seed, result] of (await Promise.all(results)).entries())
      expect(result, `stream ${seed}`).toMatchObject({ text: answer(seed, tokens), end: 'length', done: true })
    await answersAgain(stack)
  })

  test('frozen when a model is asked for the first time: its queue works when it thaws', async () => {
    await using server = await startRedisServer()
    await using stack = await startStack({ redisUrl: server.url })
    await server.kill('SIGSTOP')
    for (let times = 0; times < 2; times += 1)
      expect(await chat(stack.url)).toMatchObject({ status: 503, end: 'queue_unavailable' })
    await server.kill('SIGCONT')
    await answersAgain(stack)
  })
})
