import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultInput } from '../../../test/fakes/ollama/faults.ts'
import { startFakeOllama, type FakeOllama } from '../../../test/fakes/ollama/server.ts'
import { Client, type Ending, type Target } from './client.ts'
import { ollama } from './wire.ts'

let fake: FakeOllama
let target: Target

beforeAll(async () => {
  fake = await startFakeOllama({ models: ['a'], tokenMs: 2, parallel: 4 })
  target = { name: 'host', wire: ollama, route: () => ({ url: fake.url }) }
})
afterAll(() => fake[Symbol.asyncDispose]())

const arrivalsAt = (...times: number[]) => times.map((atMs, seed) => ({ atMs, seed, model: 'a', tokens: 6 }))
const { signal } = new AbortController()

describe('the load', () => {
  test('asks when it is due, not when the answer before has come', async () => {
    await using client = new Client()
    const outcomes = await client.run(target, arrivalsAt(0, 1, 2, 3), { signal })
    expect(outcomes.map(({ ending }) => ending)).toEqual(['done', 'done', 'done', 'done'])
    expect(fake.runningMax).toBeGreaterThan(1)
    for (const { firstTokenMs, totalMs } of outcomes) expect(firstTokenMs).toBeLessThan(totalMs)
  })

  test.each<[string, FaultInput, Ending, number]>([
    ['an error in the stream', { kind: 'errorLine', afterTokens: 2, message: 'boom' }, 'failed', 200],
    ['an end without a word', { kind: 'eof', afterTokens: 2 }, 'cut', 200],
    ['a reset', { kind: 'reset', afterTokens: 2 }, 'cut', 200],
    ['a refused connection', { kind: 'reset', afterTokens: 0 }, 'cut', 0],
    ['a text that is not the answer', { kind: 'bigLine', bytes: 9, afterTokens: 2 }, 'wrong', 200],
    ['429', { kind: 'status', status: 429, body: '{}' }, 'refused', 429],
    ['503', { kind: 'busy' }, 'failed', 503],
    ['silence', { kind: 'stall', afterTokens: 2 }, 'left', 200],
  ])('%s is told apart', async (_name, fault, ending, status) => {
    await using client = new Client()
    fake.faults.next(fault)
    const [outcome] = await client.run(target, arrivalsAt(0), { signal, leaveAfterMs: 300 })
    expect(outcome).toMatchObject({ ending, status })
  })
})
