import { readFileSync } from 'node:fs'
import type { Problem } from '@drover/shared/errors/problem'
import type { StreamEvent, ToolCall } from '@drover/shared/events'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Collector } from '../../collect.ts'
import type { Answer, AnswerMeta } from '../dialect.ts'
import { anthropicMessages as anthropic } from './messages.ts'

const meta: AnswerMeta<undefined> = { id: 'r1', model: 'm', createdAtMs: 0, choices: 1, echo: undefined }
const timings = { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 }
const usage = { promptTokens: 3, completionTokens: 2 }
const end: StreamEvent = { type: 'end', reason: 'stop', usage, timings }
const problem: Problem = {
  status: 400,
  type: 'invalid_request_error',
  code: 'invalid_request',
  message: 'n\nis\u2028wrong',
  param: null,
  retryable: false,
}

const answerTo = (events: readonly StreamEvent[]): Answer => {
  const collected = new Collector().add(events)
  if (collected?.kind !== 'answer') throw new Error('no answer')
  return collected.answer
}

interface Block {
  type: string
  text?: string
  thinking?: string
  signature?: string
  input?: unknown
}

interface Event {
  type: string
  index?: number
  message?: { content: Block[]; stop_reason: unknown; usage: object }
  content_block?: Block
  delta?: { type?: string; text?: string; thinking?: string; partial_json?: string; stop_reason?: string }
  usage?: object
}

/** As the SSE standard reads a stream that came over the wire as UTF-8; every event's name is its type. */
const sseEvents = (wire: string): Event[] => {
  const blocks = Buffer.from(wire)
    .toString()
    .split('\n\n')
    .filter(block => block !== '' && !block.startsWith(':'))
  return blocks.map(block => {
    const [name, data, ...more] = block.split(/\r\n|\n|\r/)
    expect(more).toEqual([])
    const event = JSON.parse(data!.slice('data: '.length)) as Event
    expect(name).toBe(`event: ${event.type}`)
    return event
  })
}

const pieceOf = ({ text, thinking, partial_json: json }: NonNullable<Event['delta']>): string =>
  text ?? thinking ?? json ?? ''

/** Reads the blocks back, and checks that they follow one another without a gap, each with deltas of its own kind. */
const readBlocks = (events: readonly Event[]): { type: string; content: string; signed: boolean }[] => {
  const deltasOf: Record<string, readonly string[]> = {
    text: ['text_delta'],
    thinking: ['thinking_delta', 'signature_delta'],
    tool_use: ['input_json_delta'],
  }
  const blocks: { type: string; content: string; signed: boolean }[] = []
  let open: (typeof blocks)[number] | undefined
  for (const event of events) {
    if (!event.type.startsWith('content_block_')) continue
    if (event.type === 'content_block_start') {
      expect(open).toBeUndefined()
      expect(event.index).toBe(blocks.length)
      open = { type: event.content_block!.type, content: '', signed: false }
      blocks.push(open)
      continue
    }
    expect(event.index).toBe(blocks.length - 1)
    if (event.type === 'content_block_stop') {
      expect(open?.signed).toBe(open?.type === 'thinking')
      open = undefined
      continue
    }
    expect(deltasOf[open!.type]).toContain(event.delta!.type)
    expect(open!.signed).toBe(false)
    if (event.delta!.type === 'signature_delta') open!.signed = true
    else open!.content += pieceOf(event.delta!)
  }
  expect(open).toBeUndefined()
  return blocks
}

/** Every UTF-16 text: half surrogate pairs, control characters, and what frames are made of. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '',
        '\r',
        '\n\n',
        '\u0085',
        '\u2028',
        'event: error\n',
        'data: {}\n\n',
        ': x\n\n',
        '\ud83d',
        '\ude00',
      ),
    ),
  )
  .map(texts => texts.join(''))

const anyCall: fc.Arbitrary<ToolCall> = fc.record({
  id: fc.constantFrom('', 'call_a'),
  name: fc.string(),
  arguments: fc.dictionary(fc.string(), fc.jsonValue()).map(args => JSON.stringify(args)),
})

const anyEvent: fc.Arbitrary<StreamEvent> = fc.oneof(
  anyText.map((text): StreamEvent => ({ type: 'text', text })),
  anyText.map((text): StreamEvent => ({ type: 'reasoning', text })),
  fc.array(anyCall, { maxLength: 3 }).map((calls): StreamEvent => ({ type: 'tool_calls', calls })),
  fc.constantFrom<StreamEvent>({ type: 'start', host: 'a', by: 'w', tries: 1, queuedMs: 0 }, { type: 'released' }),
)

interface Fixture {
  name: string
  batches: StreamEvent[][]
  frames: string[]
}

test.each(JSON.parse(readFileSync(new URL('fixtures/streams.json', import.meta.url), 'utf8')) as Fixture[])(
  'streams: $name',
  ({ batches, frames }) => {
    const renderer = anthropic.stream(meta)
    const rendered = batches.map(events => renderer.events(0, events))
    expect(rendered.join('') + renderer.close()).toBe(frames.join(''))
  },
)

describe('in whatever order and batches events come', () => {
  test('blocks never overlap, their numbers have no gap, and together they are the whole answer', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyEvent)), batches => {
        const renderer = anthropic.stream(meta)
        const wire = [...batches, [end]].map(events => renderer.events(0, events) + renderer.heartbeat()).join('')
        const events = sseEvents(wire + renderer.close()).filter(event => event.type !== 'ping')

        expect(events[0]).toMatchObject({ type: 'message_start', message: { content: [], stop_reason: null } })
        expect(events.slice(-2).map(event => event.type)).toEqual(['message_delta', 'message_stop'])
        expect(events.filter(event => event.type.startsWith('message_'))).toHaveLength(3)

        const blocks = readBlocks(events)
        const joined = (type: string): string =>
          blocks
            .filter(block => block.type === type)
            .map(block => block.content)
            .join('')
        const answer = answerTo([...batches.flat(), end])
        expect(joined('text')).toBe(answer.text)
        expect(joined('thinking')).toBe(answer.reasoning)
        const inputs = blocks
          .filter(block => block.type === 'tool_use')
          .map(block => JSON.parse(block.content) as unknown)
        expect(inputs).toEqual(answer.toolCalls.map(call => JSON.parse(call.arguments) as unknown))
        expect(blocks.filter(block => block.content === '')).toEqual([])
      }),
    )
  })

  test('the stream and the one body say the same', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), given => {
        const order = ['reasoning', 'text', 'tool_calls']
        const events = [...given.toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type)), end]
        const renderer = anthropic.stream(meta)
        const streamed = sseEvents(renderer.events(0, events) + renderer.close())
        const whole = anthropic.body(meta, [answerTo(events)]) as {
          content: Block[]
          stop_reason: string
          usage: object
        }
        expect(readBlocks(streamed).map(({ type, content }) => ({ type, content }))).toEqual(
          whole.content.map(({ type, text, thinking, input }) => ({
            type,
            content: expect.toSatisfy(
              (content: string) =>
                content === (text ?? thinking) || JSON.stringify(JSON.parse(content)) === JSON.stringify(input),
            ) as unknown,
          })),
        )
        const last = streamed.find(event => event.type === 'message_delta')
        expect(last).toMatchObject({ delta: { stop_reason: whole.stop_reason }, usage: whole.usage })
      }),
    )
  })
})

test('a heartbeat is a comment until the message has begun, and a ping then', () => {
  const renderer = anthropic.stream(meta)
  expect(renderer.heartbeat()).toBe(': waiting\n\n')
  expect(renderer.heartbeat({ position: 3, etaMs: 1_200 })).toBe(': queued position=3 eta=2s\n\n')
  renderer.events(0, [{ type: 'start', host: 'a', by: 'w', tries: 1, queuedMs: 0 }])
  expect(renderer.heartbeat()).toBe('event: ping\ndata: {"type":"ping"}\n\n')
})

test('an error in mid-stream is one event', () => {
  expect(anthropic.stream(meta).error(problem)).toBe(
    'event: error\n' +
      String.raw`data: {"type":"error","error":{"type":"invalid_request_error","message":"n\nis\u2028wrong"},"request_id":"r1"}` +
      '\n\n',
  )
})
