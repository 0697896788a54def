import { readFileSync } from 'node:fs'
import type { Problem } from '@drover/shared/errors/problem'
import type { StreamEvent } from '@drover/shared/events'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answer, AnswerMeta } from './dialect.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'

interface Fixture {
  name: string
  meta: AnswerMeta
  batches: { choice: number; events: StreamEvent[] }[]
  frames: string[]
}

const meta: AnswerMeta = {
  id: 'r1',
  model: 'Llama3.2:1b',
  createdAtMs: Date.UTC(2026, 0, 1, 0, 0, 0, 500),
  choices: 1,
  includeUsage: false,
}
const timings = { totalNs: 1000, loadNs: 100, promptEvalNs: 200, evalNs: 700 }
const usage = { promptTokens: 3, completionTokens: 2 }
const end: StreamEvent = { type: 'end', reason: 'stop', usage, timings }
const answer: Answer = { text: 'Hi', reasoning: '', toolCalls: [], reason: 'stop', usage, timings }
const called: Answer = {
  ...answer,
  text: '',
  reasoning: 'Hm',
  toolCalls: [
    { id: 'call_a', name: 'add', arguments: '{"a": 12345678901234567890}' },
    { id: '', name: 'now', arguments: '{}' },
  ],
}
const problem: Problem = {
  status: 400,
  type: 'invalid_request_error',
  code: 'invalid_request',
  message: 'n\nis\u2028wrong',
  param: null,
  retryable: false,
}

/** Every UTF-16 text: half surrogate pairs, control characters, and what frames are made of. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: fc.integer({ min: 0, max: 0xff_ff }).map(unit => String.fromCharCode(unit)) }),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\r',
        '\n',
        '\r\n\r\n',
        '\u0000',
        '\u0085',
        '\u2028',
        'data: [DONE]\n\n',
        ': x\n\n',
        '\ud83d',
        '\ude00',
      ),
    ),
  )
  .map(texts => texts.join(''))

/** As the SSE standard reads a stream that came over the wire as UTF-8. */
const sseData = (frames: string): string[] =>
  Buffer.from(frames)
    .toString()
    .split(/\r\n|\n|\r/)
    .filter(line => line.startsWith('data: '))
    .map(line => line.slice('data: '.length))

describe.each([
  ['openai', openai],
  ['ollama', ollama],
])('%s streams', (name, dialect) => {
  const file = new URL(`fixtures/${name}-streams.json`, import.meta.url)
  test.each(JSON.parse(readFileSync(file, 'utf8')) as Fixture[])('$name', ({ meta, batches, frames }) => {
    const renderer = dialect.stream(meta)
    const rendered = batches.map(({ choice, events }) => renderer.events(choice, events))
    expect(rendered.join('') + renderer.close()).toBe(frames.join(''))
  })
})

describe('openai', () => {
  test('any text comes back from the chunks it was streamed in, and the end marker comes once', () => {
    fc.assert(
      fc.property(fc.array(anyText), texts => {
        const renderer = openai.stream(meta)
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
        const frames = openai.stream(meta).events(0, [{ type: 'tool_calls', calls }])
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
    expect(openai.stream(meta).heartbeat()).toMatch(/^: [a-z]+\n\n$/)
  })

  test('an error in mid-stream is one data line with all four keys', () => {
    expect(openai.stream(meta).error(problem)).toBe(
      String.raw`data: {"error":{"message":"n\nis\u2028wrong","type":"invalid_request_error","param":null,"code":"invalid_request"}}` +
        '\n\n',
    )
    expect(openai.errorBody({ ...problem, param: 'n' })).toEqual({
      error: { message: problem.message, type: 'invalid_request_error', param: 'n', code: 'invalid_request' },
    })
  })

  test('a completion has every required key', () => {
    expect(openai.body(meta, [answer])).toEqual({
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
    expect(openai.body(meta, [called])).toMatchObject({
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

  test('of two choices the prompt counts once and every completion counts', () => {
    const cached = { ...answer, usage: { promptTokens: 0, completionTokens: 4 } }
    expect(openai.body({ ...meta, choices: 2 }, [answer, cached])).toMatchObject({
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
    const body = openai.body(meta, [{ ...answer, reason, toolCalls: called.toolCalls.slice(0, calls) }])
    expect(body).toMatchObject({ choices: [{ finish_reason: expected }] })
  })
})

describe('ollama', () => {
  test('any text comes back from the lines it was streamed in, and no line is blank', () => {
    fc.assert(
      fc.property(fc.array(anyText), texts => {
        const renderer = ollama.stream(meta)
        const events = texts.map((text): StreamEvent => ({ type: 'text', text }))
        const wire = renderer.events(0, events) + renderer.heartbeat() + renderer.events(0, [end]) + renderer.close()
        const lines = Buffer.from(wire)
          .toString()
          .split(/[\r\n\u0085\u2028\u2029]/)
        expect(lines.pop()).toBe('')
        const chunks = lines.map(line => JSON.parse(line) as { message: { content: string }; done: boolean })
        expect(chunks.map(chunk => chunk.message.content).join('')).toBe(texts.join(''))
        expect(chunks.map(chunk => chunk.done)).toEqual([...texts.map(() => false), false, true])
        expect(chunks.some(chunk => 'error' in chunk)).toBe(false)
      }),
    )
  })

  test('arguments on several lines still make one line', () => {
    const call = { id: '', name: 'f', arguments: '{\n  "a": "x"\r\n}' }
    expect(ollama.stream(meta).events(0, [{ type: 'tool_calls', calls: [call] }])).toMatch(/^[^\r\n]+\n$/)
  })

  test('a heartbeat is an ordinary chunk without text', () => {
    expect(JSON.parse(ollama.stream(meta).heartbeat())).toEqual({
      model: 'Llama3.2:1b',
      created_at: '2026-01-01T00:00:00.500Z',
      message: { role: 'assistant', content: '' },
      done: false,
    })
  })

  test('an error is a string', () => {
    expect(ollama.stream(meta).error(problem)).toBe(String.raw`{"error":"n\nis\u2028wrong"}` + '\n')
    expect(ollama.errorBody(problem)).toEqual({ error: problem.message })
  })

  test('one object carries the whole answer, its metrics, and arguments with every digit', () => {
    expect(JSON.stringify(ollama.body(meta, [called]))).toBe(
      '{"model":"Llama3.2:1b","created_at":"2026-01-01T00:00:00.500Z","message":{"role":"assistant","content":"","thinking":"Hm",' +
        '"tool_calls":[{"id":"call_a","function":{"index":0,"name":"add","arguments":{"a":12345678901234567890}}},' +
        '{"function":{"index":1,"name":"now","arguments":{}}}]},"done":true,"done_reason":"stop",' +
        '"total_duration":1000,"load_duration":100,"prompt_eval_count":3,"prompt_eval_duration":200,"eval_count":2,"eval_duration":700}',
    )
  })

  test('tool calls are an ordinary stop', () => {
    expect(ollama.body(meta, [{ ...called, reason: 'tool_calls' }])).toMatchObject({ done_reason: 'stop' })
  })
})
