import type { ConfigInput } from '@drover/shared/config/schema'
import { createLogger } from '@drover/shared/logger'
import { expect, inject, test } from 'vitest'
import { startGuard } from '../services/guard/src/guard.ts'
import { chat, streamChat } from './support/chat.ts'
import { startStack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

type Guard = NonNullable<ConfigInput['guard']>
type Side = Guard['input'] & Guard['output']
const banned = (action: 'block' | 'redact', ...substrings: string[]): Side => ({
  scanners: ['BanSubstrings'],
  settings: { BanSubstrings: { substrings, action } },
})
const say = (text: string): Record<string, unknown> => ({ messages: [{ role: 'user', content: `echo: ${text}` }] })

test.each([false, true])(
  'a prompt with a banned string is refused with 400 and never reaches the host, stream: %s',
  async stream => {
    await using stack = await startStack({ redisUrl, config: { guard: { input: banned('block', 'forbidden fruit') } } })
    const result = await chat(stack.url, {
      body: { ...say('the FORBIDDEN  \u200bfruit, the forbid\u200bden fruit'), stream },
    })
    expect(result.status).toBe(400)
    expect(result.headers['content-type']).toContain('application/json')
    expect(JSON.parse(result.raw)).toMatchObject({
      error: { type: 'invalid_request_error', code: 'content_policy_violation' },
    })
    expect(stack.hosts[0]?.requests).toHaveLength(0)
  },
)

test('a banned string in any message but the system prompt counts, tool results included', async () => {
  await using stack = await startStack({ redisUrl, config: { guard: { input: banned('block', 'forbidden') } } })
  const ask = (messages: object[]): Promise<number> =>
    chat(stack.url, { body: { messages } }).then(result => result.status)
  const user = { role: 'user', content: 'hi' }
  expect(await ask([{ role: 'system', content: 'never say forbidden' }, user])).toBe(200)
  expect(await ask([{ role: 'user', content: 'forbidden' }, { role: 'assistant', content: 'no' }, user])).toBe(400)
  const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }
  const tool = [
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'c1', content: 'the page says forbidden' },
  ]
  expect(await ask([user, ...tool, user])).toBe(400)
})

test('a redacted prompt reaches the host without the banned string', async () => {
  await using stack = await startStack({ redisUrl, config: { guard: { input: banned('redact', 'secret') } } })
  expect((await chat(stack.url, { body: say('a secret word') })).text).toBe('a [REDACTED] word')
  expect(stack.hosts[0]?.requests[0]?.body).not.toContain('secret')
})

test('a banned answer ends with content_filter before a byte of it leaves, and the generation stops', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 5 }],
    config: { guard: { output: banned('block', 'forbidden fruit') } },
  })
  const long = ` and so on`.repeat(200)
  const result = await streamChat(stack.url, { body: say(`a forbidden dance, a forbidden fruit${long}`) })
  expect(result).toMatchObject({ status: 200, text: 'a forbidden dance, a ', end: 'content_filter', done: true })
  await stack.hosts[0]?.waitFor(() => stack.hosts[0]?.requests[0]?.outcome === 'aborted', 2_000)
  expect(await chat(stack.url, { body: say('one forbidden fruit') })).toMatchObject({
    text: 'one ',
    end: 'content_filter',
  })
})

test('a redacted answer streams on, and equals what scanning the whole would give', async () => {
  await using stack = await startStack({
    redisUrl,
    config: { guard: { output: banned('redact', 'apple', 'app store') } },
  })
  const text = 'an apple, an app, an app store, apples, the end'
  const expected = 'an [REDACTED], an app, an [REDACTED], [REDACTED]s, the end'
  expect(await streamChat(stack.url, { body: say(text) })).toMatchObject({ text: expected, end: 'stop', done: true })
  expect(await chat(stack.url, { body: say(text) })).toMatchObject({ text: expected, end: 'stop' })
})

test('text that could still become a match is held back, and no more than that', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 40 }],
    config: { guard: { output: banned('block', 'forbidden') } },
  })
  const arrivals: string[] = []
  await streamChat(stack.url, { body: say('plain words then forbid me not'), onData: piece => arrivals.push(piece) })
  // Pieces arrive one by one as the host sends them; only those of "forbid" wait for what follows.
  expect(arrivals.length).toBeGreaterThan(5)
})

test('a guard that stops hands its streams over without a byte lost, doubled or unscanned', async () => {
  const guard = { output: banned('redact', 'secret') }
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }], config: { guard } })
  const text = 'the secret is out '.repeat(40)
  const first = stack.services.guard
  const results = Array.from({ length: 4 }, () => streamChat(stack.url, { body: say(text) }))
  await stack.hosts[0]?.waitFor(() => (stack.hosts[0]?.requests[3]?.tokens ?? 0) > 5, 10_000)
  await using _second = await startGuard(stack.config, redisUrl, createLogger('test', 'silent'))
  await first[Symbol.asyncDispose]()
  for (const result of await Promise.all(results))
    expect(result).toMatchObject({ text: text.replaceAll('secret', '[REDACTED]'), end: 'stop', done: true })
})

test('without a living guard nothing is accepted that has to be scanned', async () => {
  await using stack = await startStack({ redisUrl, config: { guard: { output: banned('block', 'zzz') } } })
  await stack.services.guard[Symbol.asyncDispose]()
  await expect
    .poll(async () => (await chat(stack.url, { signal: AbortSignal.timeout(500) }).catch(() => undefined))?.end, {
      timeout: 12_000,
    })
    .toBe('guard_unavailable')
  expect((await fetch(`${stack.url}/health/readiness`)).status).toBe(503)
})
