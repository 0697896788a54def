import { expect, inject, test } from 'vitest'
import { fuzz } from './fuzz/fuzz.ts'
import { startStack } from './support/stack.ts'

test('requests that are wrong or odd are answered below 500, in an envelope, and leave nothing hanging', async () => {
  await using stack = await startStack({
    redisUrl: inject('redisUrl'),
    hosts: [{ models: ['llama3.2:latest', 'nomic-embed-text:latest'], tokens: 4, tokenMs: 0, firstTokenMs: 0 }],
    config: { slots: 8, server: { bodyBytesMax: 1024 * 1024 } },
  })
  const seed = Math.floor(Math.random() * 2 ** 31)
  const report = await fuzz({ url: stack.url, forMs: 12_000, seed, concurrency: 8 })
  expect(report.findings, `seed ${seed}`).toEqual([])
  expect(report.requests).toBeGreaterThan(200)
})
