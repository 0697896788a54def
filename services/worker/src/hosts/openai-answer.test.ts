import type { StreamEvent } from '@drover/shared/events'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LineSplitter } from './ndjson.ts'
import { AnswerReader } from './openai-answer.ts'

const delta = (more: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: more, finish_reason: finish }] })}`
const finished = (reason = 'stop'): string => delta({}, reason)
const done = 'data: [DONE]'

const read = (lines: readonly string[], reader = new AnswerReader()): StreamEvent[] =>
  lines.flatMap(line => reader.line(line, () => {}))
const failing = (...lines: string[]) => expect(() => read(lines))

const text = (value: string): StreamEvent => ({ type: 'text', text: value })
const ended = (reason: string) => expect.objectContaining({ type: 'end', reason })

describe('a line', () => {
  test.each([
    ['text of a chat', delta({ content: 'a' }), [text('a')]],
    ['text of a completion', 'data: {"choices":[{"text":"a","index":0}]}', [text('a')]],
    ['without the space', 'data:{"choices":[{"delta":{"content":"a"}}]}', [text('a')]],
    [
      'reasoning by either name',
      delta({ reasoning: 't', content: 'a' }),
      [{ type: 'reasoning', text: 't' }, text('a')],
    ],
    ['reasoning by both', delta({ reasoning: 't', reasoning_content: 't' }), [{ type: 'reasoning', text: 't' }]],
    [
      'nulls',
      'data: {"error":null,"choices":[{"delta":{"content":null,"tool_calls":null},"logprobs":null}],"usage":null}',
      [],
    ],
    ['a comment', ': ping', []],
    ['another field', 'event: message', []],
    ['an empty event', 'data:', []],
    ['the role alone', delta({ role: 'assistant', content: '' }), []],
    ['another choice than the first is none of ours', 'data: {"choices":[]}', []],
    ['keys that would pollute prototypes', 'data: {"__proto__":{"choices":1},"choices":[{"text":"a"}]}', [text('a')]],
  ])('%s', (_name, line, expected) => {
    expect(read([line])).toEqual(expected)
  })

  test('weights of tokens, of a chat and of a completion', () => {
    const [token, other] = [
      { token: 'a', logprob: -0.5 },
      { token: 'b', logprob: -1 },
    ]
    const logprobs = { content: [{ ...token, bytes: [97], top_logprobs: [other] }] }
    const expected = { type: 'text', text: 'a', logprobs: [{ ...token, bytes: [97], top: [other] }] }
    expect(read([`data: ${JSON.stringify({ choices: [{ delta: { content: 'a' }, logprobs }] })}`])).toEqual([expected])
    const legacy = { text_offset: [0], tokens: ['a'], token_logprobs: [-0.5], top_logprobs: [{ b: -1 }] }
    expect(read([`data: ${JSON.stringify({ choices: [{ text: 'a', logprobs: legacy }] })}`])).toEqual([
      { type: 'text', text: 'a', logprobs: [{ ...token, top: [other] }] },
    ])
  })

  test.each([
    ['not JSON', 'data: <html>', 'failed'],
    ['another shape', 'data: {"choices":7}', 'failed'],
    ['an array', 'data: []', 'failed'],
    ['an answer given up', finished('abort'), 'failed'],
    [
      "the host's own error",
      'data: {"error":{"message":"boom","type":"InternalServerError","code":500}}',
      'error_line',
    ],
    ['an error that is text', 'data: {"error":"boom"}', 'error_line'],
    ['a wrong request, found out late', 'data: {"error":{"message":"no","type":"invalid_request_error"}}', 'rejected'],
    ['a full host, found out late', 'data: {"error":{"message":"no","code":429}}', 'busy'],
    ['a missing model, found out late', 'data: {"error":{"message":"no","code":"model_not_found"}}', 'model_missing'],
  ])('%s is a failure', (_name, line, kind) => {
    failing(line).toThrow(expect.objectContaining({ name: 'HostFailure', kind }))
  })

  test('whatever an error says after the first token, it is one in mid-stream', () => {
    failing(delta({ content: 'a' }), 'data: {"error":{"message":"no","code":400}}').toThrow(
      expect.objectContaining({ kind: 'error_line', detail: 'no' }),
    )
  })
})

describe('the end', () => {
  const usage = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}'

  test('has the counts, and the time by our own clock', () => {
    let nowMs = 1_000
    const reader = new AnswerReader(undefined, () => nowMs)
    nowMs = 1_200
    read([delta({ content: 'a' })], reader)
    nowMs = 1_500
    expect(read([finished('length'), usage, done], reader)).toEqual([
      {
        type: 'end',
        reason: 'length',
        usage: { promptTokens: 3, completionTokens: 2 },
        timings: { totalNs: 500e6, loadNs: 0, promptEvalNs: 0, evalNs: 300e6 },
      },
    ])
  })

  test.each([
    ['without counts has zeros', [finished(), done]],
    ['with absurd ones too', [finished(), 'data: {"usage":{"prompt_tokens":-1,"completion_tokens":1e99}}', done]],
  ])('%s', (_name, lines) => {
    expect(read(lines)).toMatchObject([{ usage: { promptTokens: 0, completionTokens: 0 } }])
  })

  test('is told once, and nothing after it', () => {
    expect(read([finished(), done, delta({ content: 'a' }), done])).toHaveLength(1)
  })

  test('may be that of the body, if a reason came', () => {
    const reader = new AnswerReader()
    read([finished()], reader)
    expect(reader.end()).toEqual([ended('stop')])
    expect(() => new AnswerReader().end()).toThrow(expect.objectContaining({ kind: 'failed' }))
    failing(delta({ content: 'a' }), done).toThrow(expect.objectContaining({ kind: 'failed' }))
  })

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['eos', 'stop'],
    ['tool_calls', 'stop'],
  ])('by %s without a call is %s', (told, reason) => {
    expect(read([finished(told), done])).toEqual([ended(reason)])
  })
})

describe('tool calls', () => {
  const piece = (index: number | undefined, more: object): string =>
    delta({ tool_calls: [{ ...(index === undefined ? {} : { index }), ...more }] })
  const begun = (index: number | undefined, id: string, name: string): string =>
    piece(index, { id, type: 'function', function: { name, arguments: '' } })
  const args = (index: number | undefined, json: string): string => piece(index, { function: { arguments: json } })

  test('are told whole, with every digit of their arguments', () => {
    const lines = [begun(0, 'a', 'f'), args(0, '{"n":123456789'), begun(1, 'b', 'g'), args(0, '01234567890,"x":1.50}')]
    expect(read([...lines, finished('tool_calls'), done])).toEqual([
      {
        type: 'tool_calls',
        calls: [
          { id: 'a', name: 'f', arguments: '{"n":12345678901234567890,"x":1.50}' },
          { id: 'b', name: 'g', arguments: '{}' },
        ],
      },
      ended('tool_calls'),
    ])
  })

  test('are signs of life as they come', () => {
    let signs = 0
    const reader = new AnswerReader()
    for (const line of [
      ': ping',
      delta({ role: 'assistant' }),
      begun(0, 'a', 'f'),
      args(0, '{'),
      delta({ content: 'x' }),
    ])
      reader.line(line, () => (signs += 1))
    expect(signs).toBe(3)
  })

  test('without an index, or an id, are told apart all the same', () => {
    const lines = [begun(undefined, 'a', 'f'), args(undefined, '{"x":1}'), begun(undefined, 'b', 'g')]
    expect(read([...lines, finished(), done])).toMatchObject([
      { calls: [{ id: 'a', arguments: '{"x":1}' }, { id: 'b' }] },
      { reason: 'tool_calls' },
    ])
    expect(read([piece(0, { function: { name: 'f' } }), finished(), done])).toMatchObject([
      { calls: [{ id: expect.stringMatching(/^call_[0-9a-f]{32}$/) }] },
      {},
    ])
  })

  test('come in the order of their indexes, whichever begins first', () => {
    const lines = [begun(1, 'b', 'g'), begun(0, 'a', 'f'), args(1, '{"y":1}'), args(0, '{"x":1}')]
    expect(read([...lines, finished('tool_calls'), done])).toMatchObject([
      {
        calls: [
          { id: 'a', arguments: '{"x":1}' },
          { id: 'b', arguments: '{"y":1}' },
        ],
      },
      { reason: 'tool_calls' },
    ])
  })

  test('beyond the first are left out where one was asked for', () => {
    const lines = [begun(0, 'a', 'f'), begun(1, 'b', 'f'), finished('tool_calls'), done]
    expect(read(lines, new AnswerReader(1))).toMatchObject([{ calls: [{ id: 'a' }] }, { reason: 'tool_calls' }])
  })

  test('escapes and line breaks in arguments are written out', () => {
    expect(read([begun(0, 'a', 'f'), args(0, '{\n"x": "\\u0062ad"}'), finished(), done])).toMatchObject([
      { calls: [{ arguments: '{"x":"bad"}' }] },
      {},
    ])
  })

  test('that are cut off by the length of the answer are left out', () => {
    expect(read([begun(0, 'a', 'f'), args(0, '{"x":'), finished('length'), done])).toEqual([ended('length')])
  })

  test.each([
    ['no JSON', args(0, '{"x":')],
    ['no object', args(0, '[1]')],
    ['too deep', args(0, '['.repeat(100_000))],
    ['too long', args(0, `"${'x'.repeat(1024 * 1024)}`)],
  ])('with arguments that are %s are the fault of the host', (_name, line) => {
    failing(begun(0, 'a', 'f'), line, finished('tool_calls'), done).toThrow(expect.objectContaining({ kind: 'failed' }))
  })
})

test('an answer is the same whatever the chunking, the line ends and the comments between', () => {
  const pieces = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 20 })
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
  fc.assert(
    fc.property(
      pieces,
      sizes,
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('data: ', 'data:'),
      (texts, cuts, end, field) => {
        const frames = [...texts.map(content => delta({ content })), finished(), done].map(line =>
          line.replace('data: ', field),
        )
        const bytes = Buffer.from(frames.map(frame => `: ping${end}${end}event: x${end}${frame}${end}${end}`).join(''))
        const splitter = new LineSplitter()
        const reader = new AnswerReader()
        const events: StreamEvent[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1
          events.push(...read(splitter.push(bytes.subarray(at, at + size)), reader))
          at += size
        }
        expect(events).toEqual([...texts.map(text), ended('stop')])
      },
    ),
  )
})
