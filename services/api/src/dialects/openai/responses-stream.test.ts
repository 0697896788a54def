import { readFileSync } from 'node:fs'
import type { Problem } from '@drover/shared/errors/problem'
import type { Logprob, StreamEvent } from '@drover/shared/events'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Collector } from '../../collect.ts'
import type { AnswerMeta } from '../dialect.ts'
import { keptCharsMax, type ResponsesEcho } from './responses-echo.ts'
import type { ToolOfClient } from './responses-offer.ts'
import { openaiResponses } from './responses.ts'

interface Fixture {
  name: string
  batches: StreamEvent[][]
  frames: string[]
}

const metaOf = (echo: Partial<ResponsesEcho> = {}): AnswerMeta<ResponsesEcho> => ({
  id: 'r1',
  model: 'm',
  createdAtMs: Date.UTC(2026, 0, 1, 0, 0, 0, 500),
  choices: 1,
  echo: {
    instructions: undefined,
    previousId: undefined,
    input: [],
    earlier: [],
    store: true,
    chars: 0,
    toolsOfClient: new Map(),
    said: { tools: [] },
    ...echo,
  },
})

const problem: Problem = {
  status: 502,
  type: 'server_error',
  code: 'upstream_lost',
  message: 'It\nbroke.\u2028',
  param: null,
  retryable: true,
}

interface Item {
  id: string
  status: string
  call_id?: string
}
interface Sent {
  type: string
  sequence_number: number
  output_index: number
  item_id: string
  item: Item
  delta: string
  text: string
  arguments: string
  input: string
  response: { status: string; output: Item[]; store: boolean }
}

/** Strictly as they are written here: one line that names the event, one with its object. */
const read = (frames: string): Sent[] =>
  frames
    .split('\n\n')
    .slice(0, -1)
    .filter(block => !block.startsWith(': '))
    .map(block => {
      const [, name, json = ''] = /^event: ([a-z_.]+)\ndata: ([^\r\n]+)$/.exec(block) ?? []
      const sent = JSON.parse(json) as Sent
      expect(sent.type).toBe(name)
      return sent
    })

const file = new URL('../fixtures/responses-streams.json', import.meta.url)
test.each(JSON.parse(readFileSync(file, 'utf8')) as Fixture[])('$name', ({ batches, frames }) => {
  const stream = openaiResponses.stream(metaOf())
  expect(batches.map(batch => stream.events(0, batch)).join('') + stream.close()).toBe(frames.join(''))
})

const toolsOfClient = new Map<string, ToolOfClient>([
  ['patch', { type: 'custom', name: 'patch' }],
  ['n__f', { type: 'function', name: 'f', namespace: 'n' }],
])

const called = (name: string, input: string): Sent[] => {
  const stream = openaiResponses.stream(metaOf({ toolsOfClient }))
  return read(stream.events(0, [{ type: 'tool_calls', calls: [{ id: 'c1', name, arguments: input }] }])).slice(2)
}

test('a call of a custom tool is told as its text, in events of its own', () => {
  const place = { item_id: 'ctc_r1_0', output_index: 0 }
  const item = { id: 'ctc_r1_0', type: 'custom_tool_call', status: 'completed', call_id: 'c1', name: 'patch' }
  const input = '*** "Begin"\n'
  expect(called('patch', JSON.stringify({ input }))).toMatchObject([
    { type: 'response.output_item.added', item: { ...item, status: 'in_progress', input: '' } },
    { type: 'response.custom_tool_call_input.delta', ...place, delta: input },
    { type: 'response.custom_tool_call_input.done', ...place, input },
    { type: 'response.output_item.done', item: { ...item, input } },
  ])
})

test.each(['{"patch":"x"}', '{"input":7}', '[]', 'no JSON'])('a custom tool gets %s as it is', args => {
  expect(called('patch', args).at(-1)!.item).toMatchObject({ input: args })
})

test('a call in a namespace has both names apart', () => {
  expect(called('n__f', '{}').at(-1)!.item).toMatchObject({
    type: 'function_call',
    name: 'f',
    namespace: 'n',
    arguments: '{}',
  })
})

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '\n\n', '\r', '\u2028', '\ud83d', '\ude00'))
const logprob: fc.Arbitrary<Logprob> = fc.record({ token: anyText, logprob: fc.integer(), top: fc.constant([]) })
const reasoning: fc.Arbitrary<StreamEvent> = fc.record({ type: fc.constant('reasoning'), text: anyText })
const text: fc.Arbitrary<StreamEvent> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: anyText }),
  fc.record({ type: fc.constant('text' as const), text: anyText, logprobs: fc.array(logprob) }),
)
const args = fc.oneof(
  fc.json(),
  fc.record({ input: anyText }).map(value => JSON.stringify(value)),
)
const calls: fc.Arbitrary<StreamEvent> = fc.record({
  type: fc.constant('tool_calls'),
  calls: fc.array(
    fc.record({
      id: fc.constantFrom('', 'c1', 'c2'),
      name: fc.oneof(anyText, fc.constantFrom('patch', 'n__f')),
      arguments: args,
    }),
  ),
})
const start: StreamEvent = { type: 'start', host: 'h', by: 'w', tries: 1, queuedMs: 0 }
const attempt = fc.constantFrom<StreamEvent>(start, { type: 'released' })
const end: fc.Arbitrary<StreamEvent> = fc.record({
  type: fc.constant('end'),
  reason: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'),
  usage: fc.constant({ promptTokens: 3, completionTokens: 2 }),
  timings: fc.constant({ totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 }),
})
const echo = fc.record({ store: fc.boolean(), toolsOfClient: fc.constant(toolsOfClient) })
const body = fc.array(fc.oneof(reasoning, text, calls, attempt))

/** What must hold of any stream. */
const expectWhole = (sent: readonly Sent[]): void => {
  expect(sent.map(({ sequence_number: number }) => number)).toEqual(sent.map((_, index) => index))
  expect(sent.slice(0, 2).map(({ type }) => type)).toEqual(['response.created', 'response.in_progress'])
  const terminal = /^response\.(completed|incomplete|failed)$/
  expect(sent.filter(({ type }) => terminal.test(type))).toEqual([sent.at(-1)])
  const added = sent.filter(({ type }) => type === 'response.output_item.added')
  const done = sent.filter(({ type }) => type === 'response.output_item.done')
  expect(added.map(({ output_index: at }) => at)).toEqual(added.map((_, index) => index))
  expect(done.map(({ output_index: at, item }) => [at, item.id, item.call_id])).toEqual(
    added.map(({ output_index: at, item }) => [at, item.id, item.call_id]),
  )
  expect(new Set(added.map(({ item }) => item.id)).size).toBe(added.length)
  expect(sent.at(-1)!.response.output).toEqual(done.map(({ item }) => item))
  for (const { item, output_index: at } of added) {
    const own = sent.filter(event => event.item_id === item.id)
    expect(own.every(event => event.output_index === at)).toBe(true)
    const deltas = own.filter(({ type }) => type.endsWith('.delta'))
    const whole = own.find(({ type }) => /(text|arguments|input)\.done$/.test(type))!
    expect(deltas.map(({ delta }) => delta).join('')).toBe(whole.text ?? whole.arguments ?? whole.input)
  }
}

test('numbers have no gap, every item that is added is done, and one ending comes last, whatever the events', () => {
  fc.assert(
    fc.property(body, fc.option(end), echo, (events, ending, said) => {
      const stream = openaiResponses.stream(metaOf(said))
      const frames = events.map(event => stream.events(0, [event]) + stream.heartbeat())
      const last = ending === null ? stream.error(problem) : stream.events(0, [ending]) + stream.close()
      const sent = read(frames.join('') + last)
      expectWhole(sent)
      if (ending === null) expect(sent.at(-1)!.response.status).toBe('failed')
    }),
  )
})

test('how the events were batched changes nothing', () => {
  fc.assert(
    fc.property(body, end, (events, ending) => {
      const all = [...events, ending]
      const single = openaiResponses.stream(metaOf())
      const batched = openaiResponses.stream(metaOf())
      expect(all.map(event => single.events(0, [event])).join('')).toBe(batched.events(0, all))
    }),
  )
})

test('a stream ends with the response that the same answer is when it is not streamed', () => {
  const ordered = fc
    .tuple(fc.array(reasoning), fc.array(text), fc.array(calls), end)
    .map(([thoughts, texts, called, ending]): StreamEvent[] => [start, ...thoughts, ...texts, ...called, ending])
  fc.assert(
    fc.property(ordered, echo, (events, said) => {
      const meta = metaOf(said)
      const collected = new Collector().add(events)
      if (collected?.kind !== 'answer') throw new Error('no answer')
      const whole = openaiResponses.body(meta, [collected.answer])
      const last = read(openaiResponses.stream(meta).events(0, events)).at(-1)!
      // The wire has no half surrogate pairs that the object could have.
      expect(last.response).toEqual(JSON.parse(JSON.stringify(whole)))
    }),
  )
})

test('a failure before the first event still is a response that began and failed', () => {
  const frames = openaiResponses.stream(metaOf()).error(problem)
  const sent = read(frames)
  expect(sent.map(({ type }) => type)).toEqual(['response.created', 'response.in_progress', 'error', 'response.failed'])
  const { code, message, param, type } = problem
  expect(sent[2]).toMatchObject({ code, message, param, error: { code, message, param, type } })
  expect(sent[3]!.response).toMatchObject({
    status: 'failed',
    // Strict clients know few codes; the type says which of ours it is.
    error: { code: 'server_error', message: problem.message, type: 'upstream_lost' },
    output: [],
    usage: null,
  })
})

test.each([
  ['invalid_request_error', 'invalid_prompt'],
  ['rate_limit_error', 'rate_limit_exceeded'],
  ['server_error', 'server_error'],
])('a failure of type %s has code %s', (type, code) => {
  const failed = read(openaiResponses.stream(metaOf()).error({ ...problem, type })).at(-1)
  expect(failed!.response).toMatchObject({ error: { code } })
})

test('a heartbeat is a comment', () => {
  expect(openaiResponses.stream(metaOf()).heartbeat({ position: 2, etaMs: 1_500 })).toBe(
    ': queued position=2 eta=2s\n\n',
  )
})

test('a response that is too large to be kept says so', () => {
  const storeOf = (chars: number): boolean[] => {
    const events: StreamEvent[] = [
      { type: 'text', text: 'x'.repeat(1_000) },
      {
        type: 'end',
        reason: 'stop',
        usage: { promptTokens: 1, completionTokens: 1 },
        timings: { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 },
      },
    ]
    const sent = read(openaiResponses.stream(metaOf({ chars })).events(0, events))
    return [sent[0]!.response.store, sent.at(-1)!.response.store]
  }
  expect(storeOf(0)).toEqual([true, true])
  expect(storeOf(keptCharsMax - 500)).toEqual([true, false])
  expect(storeOf(keptCharsMax + 1)).toEqual([false, false])
})

test('only a response that is missing is blamed on previous_response_id', () => {
  const missing = { ...problem, status: 404, code: 'response_not_found' }
  expect(openaiResponses.errorBody(missing, 'r1')).toMatchObject({ error: { param: 'previous_response_id' } })
  expect(openaiResponses.errorBody(problem, 'r1')).toMatchObject({ error: { param: null } })
})
