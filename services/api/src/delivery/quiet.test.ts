import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { quiet, withQuiet } from './quiet.ts'

async function* after(...steps: readonly [number, string][]): AsyncGenerator<string> {
  for (const [ms, value] of steps) {
    await delay(ms)
    yield value
  }
}

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

test('a source that keeps talking is passed through as it is', async () => {
  const items = withQuiet(after([0, 'a'], [0, 'b']), { firstMs: 1_000, everyMs: 1_000 })
  expect(await collect(items)).toEqual(['a', 'b'])
})

test('a silence is filled: first after one time, then at another', async () => {
  const items = await collect(withQuiet(after([330, 'a'], [0, 'b']), { firstMs: 30, everyMs: 200 }))
  expect(items).toEqual([quiet, quiet, 'a', 'b'])
})

test('what nobody hears does not break a silence', async () => {
  const items = withQuiet(after([20, '-'], [20, '-'], [40, 'a']), { firstMs: 60, everyMs: 1_000 }, item => item !== '-')
  expect(await collect(items)).toEqual(['-', '-', quiet, 'a'])
})

test('leaving returns the source', async () => {
  let returned = false
  async function* source(): AsyncGenerator<string> {
    try {
      yield 'a'
      yield 'b'
    } finally {
      returned = true
    }
  }
  for await (const _ of withQuiet(source(), { firstMs: 1_000, everyMs: 1_000 })) break
  expect(returned).toBe(true)
})

test("a source's failure is the reader's", async () => {
  async function* source(): AsyncGenerator<string> {
    yield 'a'
    throw new Error('broken')
  }
  await expect(collect(withQuiet(source(), { firstMs: 1_000, everyMs: 1_000 }))).rejects.toThrow('broken')
})
