import type { StreamEvent } from '@drover/shared/events'
import { expect, test } from 'vitest'
import { AnswerSize } from './answer-size.ts'

const mi = 1024 * 1024
const figure = (chars: number): string => 'x'.repeat(chars)
const end = (contextJson: string): StreamEvent => ({
  type: 'end',
  reason: 'stop',
  usage: { promptTokens: 0, completionTokens: 0 },
  timings: { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 },
  contextJson,
})
const logprobs = Array.from({ length: 1_000 }, () => ({ token: figure(960), logprob: -1, top: [] }))

test.each<[string, StreamEvent, number]>([
  ['text', { type: 'text', text: figure(mi) }, 8],
  ['reasoning', { type: 'reasoning', text: figure(mi) }, 8],
  ['calls', { type: 'tool_calls', calls: [{ id: '', name: '', arguments: figure(mi) }] }, 8],
  ['context', end(figure(mi)), 8],
  ['vectors', { type: 'embeddings', vectors: [figure(mi / 2), figure(mi / 2)] }, 64],
  ['weights, a million characters of them', { type: 'text', text: '', logprobs }, 67],
])('an answer has bounds: %s', (_name, event, times) => {
  const size = new AnswerSize()
  for (let time = 0; time < times; time += 1) expect(size.add([event])).toBe(true)
  expect(size.add([event])).toBe(false)
})
