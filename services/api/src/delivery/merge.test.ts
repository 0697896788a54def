import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { merge } from './merge.ts'

async function* every(ms: number, ...values: string[]): AsyncGenerator<string> {
  for (const value of values) {
    await delay(ms)
    yield value
  }
}

test('items come as they come, each with its stream, and each stream keeps its order', async () => {
  const seen: { index: number; value: string }[] = []
  for await (const item of merge([every(5, 'a', 'b'), every(1, 'x', 'y', 'z')])) seen.push(item)
  expect(seen.filter(({ index }) => index === 0).map(({ value }) => value)).toEqual(['a', 'b'])
  expect(seen.filter(({ index }) => index === 1).map(({ value }) => value)).toEqual(['x', 'y', 'z'])
  expect(seen[0]).toEqual({ index: 1, value: 'x' })
})

test('a stream that says nothing for long does not hold up the others', async () => {
  for await (const { index } of merge([every(300, 'late'), every(1, 'x')])) {
    expect(index).toBe(1)
    return
  }
})
