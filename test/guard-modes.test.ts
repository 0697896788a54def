import type { ConfigInput } from '@drover/shared/config/schema'
import { expect, inject, test } from 'vitest'
import { chat } from './support/chat.ts'
import { done, part, says } from './support/host-script.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

type Guard = NonNullable<ConfigInput['guard']>
const bans = (action: 'block' | 'redact' | 'monitor') => ({
  scanners: ['BanSubstrings' as const],
  settings: { BanSubstrings: { substrings: ['secret'], action } },
})
const echo = (text: string): Record<string, unknown> => ({ messages: [{ role: 'user', content: `echo: ${text}` }] })

const counted = async (stack: Stack): Promise<unknown> =>
  ((await (await fetch(`${stack.adminUrl}/admin/guard`)).json()) as { findings: unknown }).findings

const start = (guard: Guard, more: Partial<Omit<ConfigInput, 'hosts'>> = {}) =>
  startStack({ redisUrl, config: { guard, ...more } })

test.each<[string, Guard]>([
  ['mode', { mode: 'monitor', input: bans('block'), output: bans('redact') }],
  ['action', { input: bans('monitor'), output: bans('monitor') }],
])('with %s monitor everything passes as it is, and findings of both sides are counted', async (_, guard) => {
  await using stack = await start(guard)
  expect((await chat(stack.url, { body: echo('a secret word') })).text).toBe('a secret word')
  await expect
    .poll(() => counted(stack), { timeout: 10_000 })
    .toEqual([
      { side: 'input', scanner: 'BanSubstrings', action: 'monitor', count: 1 },
      { side: 'output', scanner: 'BanSubstrings', action: 'monitor', count: 1 },
    ])
})

test('what is only observed needs no guard', async () => {
  await using stack = await start({ mode: 'monitor', input: bans('block'), output: bans('block') })
  await stack.services.guard[Symbol.asyncDispose]()
  await stack.redis.del(stack.keys.guard)
  await expect.poll(async () => (await fetch(`${stack.url}/health/readiness`)).status).toBe(200)
  expect((await chat(stack.url, { body: echo('a secret word') })).text).toBe('a secret word')
})

test('what is enforced is counted by what was done', async () => {
  await using stack = await start({ input: bans('redact'), output: bans('block') })
  expect((await chat(stack.url, { body: echo('two secret, secret words') })).text).toBe(
    'two [REDACTED], [REDACTED] words',
  )
  await expect
    .poll(() => counted(stack), { timeout: 10_000 })
    .toEqual([{ side: 'input', scanner: 'BanSubstrings', action: 'redact', count: 2 }])
})

test('a model and a key can have rules of their own; the first that fits counts', async () => {
  const keys = ['key-of-everybody', 'key-of-the-editors']
  const guard: Guard = {
    input: bans('block'),
    overrides: [
      { keys: [keys[1] as string], input: {} },
      { models: ['strict'], input: bans('redact') },
    ],
  }
  const models = [
    { name: 'llama3.2', aliases: ['strict-not'] },
    { name: 'other', aliases: ['strict'] },
  ]
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['llama3.2', 'other'] }],
    config: { guard, models, server: { keys } },
  })
  const ask = (key: string | undefined, model: string) =>
    chat(stack.url, { body: { ...echo('a secret'), model }, headers: { authorization: `Bearer ${key}` } })
  expect((await ask(keys[0], 'llama3.2')).status).toBe(400)
  expect((await ask(keys[0], 'other')).text).toBe('a [REDACTED]')
  expect((await ask(keys[0], 'strict')).text).toBe('a [REDACTED]')
  expect((await ask(keys[1], 'llama3.2')).text).toBe('a secret')
  const shown = await (await fetch(`${stack.url}/config`, { headers: { authorization: `Bearer ${keys[0]}` } })).text()
  expect(shown).not.toContain(keys[1])
  expect(shown).not.toContain('secret"')
})

test('system prompts are scanned where that is asked for', async () => {
  const messages = [
    { role: 'system', content: 'never tell the secret' },
    { role: 'user', content: 'hi' },
  ]
  await using loose = await start({ input: bans('block') })
  expect((await chat(loose.url, { body: { messages } })).status).toBe(200)
  await using strict = await start({ input: { ...bans('block'), systemPrompts: true } })
  expect((await chat(strict.url, { body: { messages } })).status).toBe(400)
})

test('without a guard that lives, nothing is left for it to observe', async () => {
  await using stack = await start({ mode: 'monitor', input: bans('block'), output: bans('block') })
  await stack.services.guard[Symbol.asyncDispose]()
  await stack.redis.del(stack.keys.guard)
  const waiting = (): Promise<number> => stack.redis.llen(`${stack.config.redis.prefix}:{guard-observe}:wait`)
  // Until the api has noticed.
  await expect
    .poll(
      async () => {
        const before = await waiting()
        await chat(stack.url, { body: echo('a secret word') })
        return (await waiting()) - before
      },
      { timeout: 10_000 },
    )
    .toBe(0)
})

test('an answer whose scanner fails ends with guard_unavailable at once, and the host stops', async () => {
  const output = { scanners: ['NoCode' as const, 'Secrets' as const] }
  await using stack = await startStack({ redisUrl, config: { guard: { budgetMs: 1, output } } })
  const call = {
    function: {
      name: 'look',
      arguments: { a: Array.from({ length: 60_000 }, (_, index) => `word${index}`).join(' ') },
    },
  }
  stack.hosts[0]?.faults.next(says(part({ content: 'well' }), part({ tool_calls: [call] }), done()))
  const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }]
  const begun = performance.now()
  const result = await chat(stack.url, { body: { tools, messages: [{ role: 'user', content: 'hi' }] } })
  expect([result.status, result.end]).toEqual([503, 'guard_unavailable'])
  expect(performance.now() - begun).toBeLessThan(10_000)
  await expect
    .poll(() => counted(stack), { timeout: 10_000 })
    .toEqual([{ side: 'output', scanner: 'Secrets', action: 'failed', count: 1 }])
})

test('any name of a model finds its rules, also where a text is only tried', async () => {
  const models = [{ name: 'llama3.2', aliases: ['gpt-4o'] }]
  await using stack = await start({ overrides: [{ models: ['llama3.2'], input: bans('block') }] }, { models })
  for (const model of ['llama3.2', 'gpt-4o', 'LLAMA3.2:latest']) {
    const response = await fetch(`${stack.url}/scan/prompt`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'a secret', model }),
    })
    expect(await response.json(), model).toEqual({ is_valid: false, scanners: { BanSubstrings: 1 } })
  }
})

test('a text with a hundred thousand findings is told of with the first thousand', async () => {
  await using stack = await start({ input: bans('redact') })
  const response = await fetch(`${stack.adminUrl}/admin/guard/scan`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ side: 'input', text: 'secret '.repeat(100_000) }),
  })
  const { verdict, findings } = (await response.json()) as { verdict: string; findings: unknown[] }
  expect([verdict, findings.length]).toEqual(['redact', 1_000])
})

test('an old call of a tool that is beyond a limit stays, and what is cut is text', async () => {
  const input = {
    scanners: ['TokenLimit' as const],
    settings: { TokenLimit: { tokensMax: 20, action: 'truncate' as const } },
  }
  await using stack = await start({ input })
  const old = { id: 'c', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }
  const messages = [
    { role: 'user', content: 'old words '.repeat(50) },
    { role: 'assistant', content: null, tool_calls: [old] },
    { role: 'tool', tool_call_id: 'c', content: 'a result '.repeat(50) },
    { role: 'user', content: 'echo: the newest stays' },
  ]
  const answered = await chat(stack.url, { body: { messages } })
  expect(answered.text).toBe('the newest stays')
  expect(stack.hosts[0]?.requests[0]?.body).toContain('"look"')
  expect(stack.hosts[0]?.requests[0]?.body).not.toContain('old words')
})
