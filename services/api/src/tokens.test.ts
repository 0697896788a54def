import type { ChatRequest } from '@drover/shared/requests'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { estimateTokens } from './tokens.ts'

const chat = (content: string, more: Partial<ChatRequest> = {}): ChatRequest => ({
  kind: 'chat',
  messages: [{ role: 'user', content }],
  options: {},
  ...more,
})

const english = 'The quick brown fox jumps over the lazy dog, and then it said: "hello there". '

beforeAll(async () => {
  await estimateTokens(chat('load'))
})

test.each([
  ['nothing', '', 4],
  ['a word', 'hello', 5],
  ['a sentence', english, 4 + 20],
  ['what would be a special token elsewhere', '<|endoftext|>', 4 + 7],
])('%s', async (_name, text, tokens) => {
  expect(await estimateTokens(chat(text))).toBe(tokens)
})

test('messages, tools, calls and images count', async () => {
  const one = await estimateTokens(chat('hello'))
  expect(await estimateTokens(chat('hello', { toolsJson: '[{"type":"function"}]' }))).toBeGreaterThan(one + 3)
  const calls = [{ id: 'x', name: 'weather', arguments: '{"city":"Hanoi"}' }]
  const call = { role: 'assistant' as const, content: '', toolCalls: calls }
  expect(await estimateTokens({ ...chat(''), messages: [call] })).toBeGreaterThan(one + 5)
  const seen = { role: 'user' as const, content: 'hello', images: ['iVBORw0KGgo='] }
  expect(await estimateTokens({ ...chat(''), messages: [seen] })).toBe(one + 1_000)
})

test('a long text is told by slices of it: within 3 % of a count of the whole', async () => {
  const whole = 19 * 12_000
  const tokens = await estimateTokens(chat(english.repeat(12_000)))
  expect(Math.abs(tokens / whole - 1)).toBeLessThan(0.03)
})

test.each([
  ['Chinese without a space', '你好世界这是一个测试'],
  ['one letter', 'a'],
  ['spaces', ' '],
  ['Korean', '안녕하세요'],
])('8 MB of %s take less than 1.5 s, and others get their turn meanwhile', async (_name, unit) => {
  const text = unit.repeat(8_000_000 / Buffer.byteLength(unit))
  let longestMs = 0
  let last = performance.now()
  const done = new AbortController()
  const watching = (async () => {
    while (!done.signal.aborted) {
      await setTimeout(1)
      longestMs = Math.max(longestMs, performance.now() - last)
      last = performance.now()
    }
  })()
  const startedAt = performance.now()
  await estimateTokens(chat(text))
  expect(performance.now() - startedAt).toBeLessThan(1_500)
  done.abort()
  await watching
  expect(longestMs).toBeLessThan(150)
})
