import type { StreamEvent } from '@drover/shared/events'
import { expect, test } from 'vitest'
import { collectAnswer } from './collect.ts'

const timings = { totalNs: 4, loadNs: 1, promptEvalNs: 1, evalNs: 2 }
const usage = { promptTokens: 3, completionTokens: 2 }
const start: StreamEvent = { type: 'start', host: 'a', by: 'w', tries: 1, queuedMs: 0 }

const call = (id: string) => ({ id, name: 'f', arguments: '{}' })

const source = async function* (...entries: StreamEvent[][]): AsyncGenerator<StreamEvent[]> {
  yield* entries
}

test('an answer is the sum of its events', async () => {
  const collected = await collectAnswer(
    source(
      [start],
      [{ type: 'released' }],
      [{ ...start, tries: 2 }],
      [
        { type: 'reasoning', text: 'H' },
        { type: 'reasoning', text: 'm' },
      ],
      [{ type: 'text', text: 'He' }],
      [
        { type: 'tool_calls', calls: [call('1'), call('2')] },
        { type: 'text', text: 'y' },
      ],
      [
        { type: 'tool_calls', calls: [call('3')] },
        { type: 'end', reason: 'length', usage, timings },
      ],
    ),
  )
  expect(collected).toEqual({
    kind: 'answer',
    answer: {
      text: 'Hey',
      reasoning: 'Hm',
      logprobs: undefined,
      vectors: [],
      contextJson: undefined,
      start: { ...start, tries: 2 },
      toolCalls: [call('1'), call('2'), call('3')],
      reason: 'length',
      usage,
      timings,
    },
  })
})

test('an error is an outcome', async () => {
  const error: StreamEvent = { type: 'error', code: 'upstream_failed', params: { model: 'm', attempts: 2 } }
  expect(await collectAnswer(source([start], [{ type: 'text', text: 'x' }, error]))).toEqual({
    kind: 'error',
    code: 'upstream_failed',
    params: { model: 'm', attempts: 2 },
  })
})

test('a cancelled answer is an outcome', async () => {
  expect(await collectAnswer(source([start, { type: 'cancelled' }]))).toEqual({ kind: 'cancelled' })
})

test('the terminal event lets go of the source', async () => {
  let released = false
  const endless = async function* (): AsyncGenerator<StreamEvent[]> {
    try {
      yield [start]
      yield [{ type: 'cancelled' }]
      await Promise.withResolvers<never>().promise
    } finally {
      released = true
    }
  }
  await collectAnswer(endless())
  expect(released).toBe(true)
})

test('events that just stop are a bug', async () => {
  await expect(collectAnswer(source([start], [{ type: 'text', text: 'x' }]))).rejects.toThrow('without a terminal one')
})

test('vectors of an attempt that gave up do not count', async () => {
  const collected = await collectAnswer(
    source(
      [start, { type: 'embeddings', vectors: ['a'] }],
      [{ type: 'released' }],
      [
        { ...start, tries: 2 },
        { type: 'embeddings', vectors: ['a'] },
      ],
      [{ type: 'embeddings', vectors: ['b'] }],
      [{ type: 'end', reason: 'stop', usage, timings }],
    ),
  )
  expect(collected).toMatchObject({ kind: 'answer', answer: { vectors: ['a', 'b'] } })
})
