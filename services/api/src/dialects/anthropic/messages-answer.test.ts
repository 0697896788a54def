import type { FinishReason, StreamEvent } from '@drover/shared/events'
import { expect, test } from 'vitest'
import { Collector } from '../../collect.ts'
import type { AnswerMeta } from '../dialect.ts'
import { messagesAnswer } from './messages-answer.ts'

const meta: AnswerMeta = { id: 'r1', model: 'm', createdAtMs: 0, choices: 1, echo: undefined }

const end = (reason: FinishReason): StreamEvent => ({
  type: 'end',
  reason,
  usage: { promptTokens: 3, completionTokens: 2 },
  timings: { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 },
})

const body = (...events: StreamEvent[]): object => {
  const collected = new Collector().add(events)
  if (collected?.kind !== 'answer') throw new Error('no answer')
  return messagesAnswer(meta, [collected.answer])
}

test('an answer has every key, and thinking, text and calls in this order', () => {
  const calls = [
    { id: 'call_a', name: 'add', arguments: '{"a": 12345678901234567890}' },
    { id: '', name: 'now', arguments: '{}' },
  ]
  const whole = body(
    { type: 'reasoning', text: 'Hm' },
    { type: 'text', text: 'Hi' },
    { type: 'tool_calls', calls },
    end('stop'),
  )
  expect(JSON.stringify(whole)).toBe(
    '{"id":"msg_r1","type":"message","role":"assistant","model":"m","content":[' +
      '{"type":"thinking","thinking":"Hm","signature":""},{"type":"text","text":"Hi"},' +
      '{"type":"tool_use","id":"call_a","name":"add","input":{"a":12345678901234567890}},' +
      '{"type":"tool_use","id":"toolu_r1_1","name":"now","input":{}}],"stop_reason":"tool_use","stop_sequence":null,' +
      '"usage":{"input_tokens":3,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2}}',
  )
})

test('an empty answer has an empty content', () => {
  expect(body(end('stop'))).toMatchObject({ content: [], stop_reason: 'end_turn' })
})

test.each([
  ['stop', 0, 'end_turn'],
  ['stop', 1, 'tool_use'],
  ['tool_calls', 1, 'tool_use'],
  ['length', 1, 'max_tokens'],
  ['content_filter', 0, 'refusal'],
  ['load', 0, 'end_turn'],
] as const)('an answer that ends with %s after %i calls stops with %s', (reason, calls, expected) => {
  const call = { id: 'a', name: 'f', arguments: '{}' }
  const events: StreamEvent[] = Array.from({ length: calls }, () => ({ type: 'tool_calls', calls: [call] }))
  expect(body(...events, end(reason))).toMatchObject({ stop_reason: expected })
})
