import type { StreamEvent } from '@drover/shared/events'
import { expect, test } from 'vitest'
import { Recording } from './recording.ts'

const record = (batches: StreamEvent[][], charsMax = 1_000): readonly StreamEvent[] | undefined => {
  const recording = new Recording('m', charsMax)
  for (const batch of batches) recording.add(batch)
  return recording.events
}

const text = (value: string): StreamEvent => ({ type: 'text', text: value })
const thought = (value: string): StreamEvent => ({ type: 'reasoning', text: value })
const start: StreamEvent = { type: 'start', host: 'h0', by: 'w', tries: 1, queuedMs: 3, model: 'm' }
const calls: StreamEvent = { type: 'tool_calls', calls: [{ id: 'c', name: 'f', arguments: '{}' }] }
const timings = { totalNs: 1, loadNs: 2, promptEvalNs: 3, evalNs: 4 }
const end = (reason: 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'load' = 'stop'): StreamEvent => ({
  type: 'end',
  reason,
  usage: { promptTokens: 1, completionTokens: 2 },
  timings,
})

test('pieces become one text, in their order, without a word of who answered', () => {
  expect(
    record([
      [start, { type: 'released' }],
      [start, thought('a'), thought('b'), text('c')],
      [text('d'), calls],
      [text('e'), end()],
    ]),
  ).toEqual([thought('ab'), text('cd'), calls, text('e'), end()])
})

test('weighed tokens stay as they came', () => {
  const weighed: StreamEvent = { type: 'text', text: 'a', logprobs: [{ token: 'a', logprob: -1, top: [] }] }
  expect(record([[weighed, weighed, text('b'), text('c'), end()]])).toEqual([weighed, weighed, text('bc'), end()])
})

test.each<[string, StreamEvent[]]>([
  ['has no end yet', [text('a')]],
  ['was cut by the guard', [text('a'), end('content_filter')]],
  ['only loaded a model', [end('load')]],
  ['failed', [text('a'), { type: 'error', code: 'upstream_lost', params: {} }]],
  ['was cancelled', [text('a'), { type: 'cancelled' }]],
  ['is too large', [text('a'.repeat(600)), text('b'.repeat(600)), end()]],
  ['is too large at once', [text('a'.repeat(1_001)), end()]],
  ['has too large a vector', [{ type: 'embeddings', vectors: ['a'.repeat(600), 'b'.repeat(600)] }, end()]],
])('an answer that %s is not kept', (_name, events) => {
  expect(record([events])).toBeUndefined()
  expect(record(events.map(event => [event]))).toBeUndefined()
})

test.each(['stop', 'length', 'tool_calls'] as const)('one that ended with %s is', reason => {
  expect(record([[text('a')], [end(reason)]])).toEqual([text('a'), end(reason)])
})

test('what a fallback answered in place of the model is not kept as its own', () => {
  expect(
    record([
      [start, { type: 'released' }],
      [{ ...start, model: 'spare' }, text('a'), end()],
    ]),
  ).toBeUndefined()
  expect(
    record([
      [{ ...start, model: 'spare' }, { type: 'released' }],
      [start, text('a'), end()],
    ]),
  ).toBeDefined()
})
