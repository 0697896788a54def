import { describe, expect, test } from 'vitest'
import { linesOf, post } from './client.ts'
import { KvCache } from './kv-cache.ts'
import { type FakeOllama, startFakeOllama } from './server.ts'
import { answer } from './tokens.ts'

const take = (cache: KvCache, prompt: string, said = ''): number => {
  using slot = cache.take(prompt)
  slot.remember(prompt + said)
  return slot.cachedChars
}

describe('the memory of slots', () => {
  test('a prompt goes to the free slot that shares the longest beginning with it', () => {
    const cache = new KvCache(2)
    expect(take(cache, 'abc', 'def')).toBe(0)
    expect(take(cache, 'xyz')).toBe(0)
    expect(take(cache, 'abcdefgh')).toBe(6)
    expect(take(cache, 'xyz!')).toBe(3)
  })

  test('a slot in use is not shared, and what it held before is gone', () => {
    const cache = new KvCache(2)
    take(cache, 'abc')
    using _busy = cache.take('abc')
    expect(take(cache, 'abc')).toBe(0)
    expect(take(cache, 'abc')).toBe(3)
  })

  test('a prompt that shares nothing overwrites the slot idle longest', () => {
    const cache = new KvCache(2)
    take(cache, 'a')
    take(cache, 'b')
    take(cache, 'a')
    take(cache, 'c')
    expect([take(cache, 'a'), take(cache, 'b')]).toEqual([1, 0])
  })
})

interface Turn {
  readonly role: string
  readonly content: string
}

const seconds = { seed: 1, num_predict: 3 }

/** A question whose reading costs 100 ms and more at 1 ms per character, and what the last line says. */
const ask = async (fake: FakeOllama, messages: readonly Turn[], model = 'a') => {
  const body = { model, messages, options: seconds }
  const line = linesOf(await (await post(`${fake.url}/api/chat`, body)).text()).at(-1)
  return line as unknown as { prompt_eval_count: number; prompt_eval_duration: number }
}

const first = [{ role: 'user', content: 'x'.repeat(100) }]
const second = [...first, { role: 'assistant', content: answer(1, 3) }, { role: 'user', content: 'and?' }]

describe('what reading a prompt costs', () => {
  test('a conversation that goes on reads only what is new, and its count stays that of the whole prompt', async () => {
    await using fake = await startFakeOllama({ models: ['a'], promptCharMs: 1 })
    const cold = await ask(fake, first)
    const warm = await ask(fake, second)
    expect(cold.prompt_eval_duration).toBeGreaterThanOrEqual(105e6)
    expect(warm.prompt_eval_duration).toBeLessThan(80e6)
    expect(warm.prompt_eval_count).toBeGreaterThan(cold.prompt_eval_count)
    const [before, after] = fake.requests
    expect(before).toMatchObject({ promptChars: 106, cachedChars: 0 })
    expect(after!.promptChars - after!.cachedChars).toBe('user\nand?\n'.length)
  })

  test('unloading forgets', async () => {
    await using fake = await startFakeOllama({ models: ['a', 'b'], promptCharMs: 0.01 })
    await ask(fake, first)
    await ask(fake, first, 'b')
    await ask(fake, first)
    await ask(fake, first)
    expect(fake.requests.map(({ cachedChars }) => cachedChars)).toEqual([0, 0, 0, 106])
  })

  test('a client that leaves in the middle leaves what was read and said so far', async () => {
    await using fake = await startFakeOllama({ models: ['a'], promptCharMs: 0.01, tokenMs: 20 })
    const leaver = new AbortController()
    const body = { model: 'a', messages: first, options: { seed: 1, num_predict: 1_000 } }
    const response = await post(`${fake.url}/api/chat`, body, leaver.signal)
    await fake.waitFor(() => fake.requests[0]!.tokens >= 3, 5_000)
    leaver.abort()
    await expect(response.text()).rejects.toThrow('abort')
    await fake.waitFor(() => fake.running === 0, 1_000)
    const said = answer(1, fake.requests[0]!.tokens)
    await ask(fake, [...first, { role: 'assistant', content: said }])
    expect(fake.requests[1]!.cachedChars).toBe(fake.requests[1]!.promptChars)
  })

  test('by default it costs nothing and nothing is kept', async () => {
    await using fake = await startFakeOllama({ models: ['a'] })
    await ask(fake, first)
    await ask(fake, first)
    expect(fake.requests[1]).toMatchObject({ promptChars: 0, cachedChars: 0 })
  })
})
