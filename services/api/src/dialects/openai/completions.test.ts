import { expect, test } from 'vitest'
import type { Answer, AnswerMeta } from '../dialect.ts'
import { answer as hi, end, meta as chat } from '../fixtures/answers.ts'
import type { CompletionsEcho } from './completions-request.ts'
import { openaiCompletions } from './completions.ts'

const answer = (text: string, more: Partial<Answer> = {}): Answer => ({ ...hi, text, ...more })

const meta = (choices: number, echo: Partial<CompletionsEcho> = {}): AnswerMeta<CompletionsEcho> => ({
  ...chat,
  choices,
  echo: { includeUsage: false, perPrompt: 1, prefixes: undefined, ...echo },
})

test('a completion has every required key', () => {
  expect(openaiCompletions.body(meta(1), [answer('Hi', { reasoning: 'hm' })])).toEqual({
    id: 'cmpl-r1',
    object: 'text_completion',
    created: 1_767_225_600,
    model: 'Llama3.2:1b',
    choices: [{ text: 'Hi', index: 0, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  })
})

test('each answer begins with its own prompt where prompts are repeated, and each prompt counts once', () => {
  const usage = { promptTokens: 10, completionTokens: 1 }
  const answers = [answer('1'), answer('2'), answer('3', { usage }), answer('4', { usage, reason: 'length' })]
  expect(openaiCompletions.body(meta(4, { perPrompt: 2, prefixes: ['a', 'b'] }), answers)).toMatchObject({
    choices: [
      { index: 0, text: 'a1' },
      { index: 1, text: 'a2' },
      { index: 2, text: 'b3' },
      { index: 3, text: 'b4', finish_reason: 'length' },
    ],
    usage: { prompt_tokens: 13, completion_tokens: 6, total_tokens: 19 },
  })
})

test('log probabilities have the older shape, the chosen token among its alternatives', () => {
  const logprobs = [
    { token: '🙂', logprob: -0.5, top: [{ token: 'x', logprob: -2 }] },
    { token: '__proto__', logprob: -1, top: [] },
    { token: 'y', logprob: -3, top: [] },
  ]
  const body = openaiCompletions.body(meta(1), [answer('🙂__proto__y', { logprobs })])
  expect(JSON.parse(JSON.stringify(body))).toMatchObject({
    choices: [
      {
        logprobs: {
          tokens: ['🙂', '__proto__', 'y'],
          token_logprobs: [-0.5, -1, -3],
          top_logprobs: [{ x: -2, '🙂': -0.5 }, JSON.parse('{"__proto__":-1}'), { y: -3 }],
          text_offset: [0, 1, 10],
        },
      },
    ],
  })
})

test.each([
  ['stop', 'stop'],
  ['length', 'length'],
  ['content_filter', 'content_filter'],
  ['tool_calls', 'stop'],
  ['load', 'stop'],
] as const)('an answer that ends with %s finishes with %s, streamed or not', (reason, expected) => {
  expect(openaiCompletions.body(meta(1), [answer('x', { reason })])).toMatchObject({
    choices: [{ finish_reason: expected }],
  })
  expect(openaiCompletions.stream(meta(1)).events(0, [{ ...end, reason }])).toContain(`"finish_reason":"${expected}"`)
})
