import type { ModelRequest } from '@drover/shared/requests'
import { expect, test } from 'vitest'
import { cacheKeys, type Question } from './cache-key.ts'

const question: Question = { caller: 'c', model: 'm', defaults: {}, guardDigest: 'g' }
const chat = (options: Record<string, string>, more: object = {}): ModelRequest => ({
  kind: 'chat',
  options,
  messages: [{ role: 'user', content: 'hi' }],
  ...more,
})
const embed = (...inputs: string[]): ModelRequest => ({ kind: 'embed', options: {}, inputs })

test.each<[string, ModelRequest, kept: boolean]>([
  ['nothing that fixes it', chat({}), false],
  ['a seed', chat({ seed: '7' }), true],
  ['a seed of 64 bits', chat({ seed: '12345678901234567890' }), true],
  ['the seed 0', chat({ seed: '0' }), true],
  ['a negative seed, which is a new one each time', chat({ seed: '-1' }), false],
  ['a temperature of 0', chat({ temperature: '0.0' }), true],
  ['another temperature', chat({ temperature: '0.1' }), false],
  ['both', chat({ temperature: '0.9', seed: '3' }), true],
  ['a prompt with a seed', { kind: 'generate', options: { seed: '7' }, prompt: 'hi' }, true],
  ['a prompt without', { kind: 'generate', options: {}, prompt: 'hi' }, false],
  ['an embedding', embed('x'), true],
  ['a load', { kind: 'load', options: { seed: '7' } }, false],
])('of requests with %s, answers are kept: %3$s', (_name, request, kept) => {
  expect(cacheKeys([request], question) !== undefined).toBe(kept)
  if (!kept) expect(cacheKeys([embed('x'), request], question)).toBeUndefined()
})

const same = (a: ModelRequest, b: ModelRequest, of: Partial<Question> = {}): boolean =>
  cacheKeys([a], question)?.[0] === cacheKeys([b], { ...question, ...of })?.[0]

test('what the answer does not depend on makes no other key', () => {
  const request = chat({ seed: '7', top_k: '1' }, { toolsJson: '[{"b":1,"a":2}]' })
  expect(same(request, { ...chat({ top_k: '1', seed: '7' }), toolsJson: '[{"b":1,"a":2}]' } as ModelRequest)).toBe(true)
  expect(same(request, { ...request, keepAliveS: 3 })).toBe(true)
  expect(same(request, { ...request, think: undefined } as ModelRequest)).toBe(true)
  // What the operator has set and the client repeats.
  expect(same(request, chat({ seed: '7' }, { toolsJson: '[{"b":1,"a":2}]' }), { defaults: { top_k: '1' } })).toBe(true)
})

test('everything else does', () => {
  const request = chat({ seed: '7' })
  const others: ModelRequest[] = [
    chat({ seed: '8' }),
    chat({ seed: '7', num_predict: '5' }),
    chat({ seed: '7' }, { formatJson: '"json"' }),
    chat({ seed: '7' }, { toolsJson: '[{"a":2,"b":1}]' }),
    chat({ seed: '7' }, { topLogprobs: 0 }),
    chat({ seed: '7' }, { messages: [{ role: 'user', content: 'ho' }] }),
    chat({ seed: '7' }, { messages: [{ role: 'system', content: 'hi' }] }),
    { kind: 'generate', options: { seed: '7' }, prompt: 'hi' },
  ]
  for (const other of others) expect(same(request, other), JSON.stringify(other)).toBe(false)
  expect(same(request, request, { caller: 'd' })).toBe(false)
  expect(same(request, request, { model: 'n' })).toBe(false)
  expect(same(request, request, { guardDigest: 'h' })).toBe(false)
  expect(same(request, request, { defaults: { top_k: '1' } })).toBe(false)
  expect(same(embed('a', 'b'), embed('b', 'a'))).toBe(false)
  expect(same(embed('a', 'b'), embed('a,b'))).toBe(false)
})

test('the choices of one long request cost no more than one of them', () => {
  const request: ModelRequest = { kind: 'generate', options: { seed: '1' }, prompt: 'a'.repeat(8_000_000) }
  const startedAt = performance.now()
  expect(
    new Set(
      cacheKeys(
        Array.from({ length: 20 }, () => request),
        question,
      ),
    ).size,
  ).toBe(20)
  expect(performance.now() - startedAt).toBeLessThan(500)
})

test('what is asked several times at once has an answer for each, what is asked once shares it', () => {
  const [a, b] = [chat({ seed: '1' }), chat({ seed: '2' })]
  const keys = cacheKeys([a, a, b, a], question)!
  expect(new Set(keys).size).toBe(4)
  expect(cacheKeys([a], question)).toEqual([keys[0]])
  expect(cacheKeys([b, a, a], question)).toEqual([keys[2], keys[0], keys[1]])
})
