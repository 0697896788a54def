import type { StreamEvent } from '@drover/shared/events'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { answer, anyText, called, end, meta, problem, sseData } from '../fixtures/answers.ts'
import { openaiChat } from './chat.ts'

test('any text comes back from the chunks it was streamed in, and the end marker comes once', () => {
  fc.assert(
    fc.property(fc.array(anyText), texts => {
      const renderer = openaiChat.stream(meta)
      const events = texts.map((text): StreamEvent => ({ type: 'text', text }))
      const data = sseData(
        renderer.events(0, events) + renderer.heartbeat() + renderer.events(0, [end]) + renderer.close(),
      )
      expect(data.pop()).toBe('[DONE]')
      const chunks = data.map(json => JSON.parse(json) as { choices: { delta: { content?: string } }[] })
      expect(chunks.map(chunk => chunk.choices[0]!.delta.content ?? '').join('')).toBe(texts.join(''))
      expect(chunks.some(chunk => 'error' in chunk)).toBe(false)
    }),
  )
})

test('tool arguments come back whole, under the index, id and name that came first', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ id: fc.string(), name: anyText, arguments: fc.json() })), calls => {
      const frames = openaiChat.stream(meta).events(0, [{ type: 'tool_calls', calls }])
      const deltas = sseData(frames)
        .slice(1)
        .map(json => (JSON.parse(json) as { choices: { delta: { tool_calls: object[] } }[] }).choices[0]!.delta)
      expect(deltas.map(delta => delta.tool_calls[0])).toEqual(
        calls.flatMap((call, index) => [
          {
            index,
            id: call.id || `call_r1_0_${index}`,
            type: 'function',
            function: { name: call.name, arguments: '' },
          },
          { index, function: { arguments: call.arguments } },
        ]),
      )
    }),
  )
})

test('a heartbeat is a comment', () => {
  expect(openaiChat.stream(meta).heartbeat()).toMatch(/^: [a-z]+\n\n$/)
})

test('an error in mid-stream is one data line with all four keys', () => {
  expect(openaiChat.stream(meta).error(problem)).toBe(
    String.raw`data: {"error":{"message":"n\nis\u2028wrong","type":"invalid_request_error","param":null,"code":"invalid_request"}}` +
      '\n\n',
  )
  expect(openaiChat.errorBody({ ...problem, param: 'n' }, 'r1')).toEqual({
    error: { message: problem.message, type: 'invalid_request_error', param: 'n', code: 'invalid_request' },
  })
})

test('a completion has every required key', () => {
  expect(openaiChat.body(meta, [answer])).toEqual({
    id: 'chatcmpl-r1',
    object: 'chat.completion',
    created: 1767225600,
    model: 'Llama3.2:1b',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hi', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  })
})

test('tool calls alone leave the content null, and their arguments stay text', () => {
  expect(openaiChat.body(meta, [called])).toMatchObject({
    choices: [
      {
        message: {
          content: null,
          reasoning_content: 'Hm',
          reasoning: 'Hm',
          tool_calls: [
            { id: 'call_a', type: 'function', function: { name: 'add', arguments: '{"a": 12345678901234567890}' } },
            { id: 'call_r1_0_1', type: 'function', function: { name: 'now', arguments: '{}' } },
          ],
        },
        finish_reason: 'tool_calls',
      },
    ],
  })
})

test('log probabilities that were asked for are on the choice, each with bytes and a list of alternatives', () => {
  const logprobs = [
    { token: 'é', logprob: -0.5, top: [{ token: 'e', logprob: -1, bytes: [101] }] },
    { token: 'x', logprob: -2, bytes: [120], top: [] },
  ]
  expect(openaiChat.body(meta, [{ ...answer, logprobs }])).toMatchObject({
    choices: [
      {
        logprobs: {
          content: [
            {
              token: 'é',
              logprob: -0.5,
              bytes: [195, 169],
              top_logprobs: [{ token: 'e', logprob: -1, bytes: [101] }],
            },
            { token: 'x', logprob: -2, bytes: [120], top_logprobs: [] },
          ],
          refusal: null,
        },
      },
    ],
  })
})

test('of two choices the prompt counts once and every completion counts', () => {
  const cached = { ...answer, usage: { promptTokens: 0, completionTokens: 4 } }
  expect(openaiChat.body({ ...meta, choices: 2 }, [answer, cached])).toMatchObject({
    choices: [{ index: 0 }, { index: 1 }],
    usage: { prompt_tokens: 3, completion_tokens: 6, total_tokens: 9 },
  })
})

test.each([
  ['stop', 0, 'stop'],
  ['stop', 1, 'tool_calls'],
  ['tool_calls', 1, 'tool_calls'],
  ['length', 1, 'length'],
  ['content_filter', 0, 'content_filter'],
  ['load', 0, 'stop'],
  ['unload', 0, 'stop'],
] as const)('an answer that ends with %s after %i calls finishes with %s', (reason, calls, expected) => {
  const body = openaiChat.body(meta, [{ ...answer, reason, toolCalls: called.toolCalls.slice(0, calls) }])
  expect(body).toMatchObject({ choices: [{ finish_reason: expected }] })
})
