import { readFileSync } from 'node:fs'
import { DroverError } from '@drover/shared/errors/drover-error'
import { modelRequest } from '@drover/shared/requests'
import { describe, expect, test } from 'vitest'
import type { ParsedRequest } from '../dialect.ts'
import { parseJson, toJson } from '../json.ts'
import type { Item } from './responses-items.ts'
import { referredResponses, withReferred } from './responses-references.ts'
import { openaiResponses } from './responses.ts'

interface Fixture {
  /** `said`: where it is not as in `defaults`. */
  accepted: { name: string; body: { previous_response_id?: string }; parsed: ParsedRequest; said: object }[]
  defaults: object
  /** `set` on top of a healthy request. */
  refused: { set: object; field: string; problem: string }[]
}

const file = new URL('../fixtures/responses-requests.json', import.meta.url)
const { accepted, defaults, refused } = JSON.parse(readFileSync(file, 'utf8')) as Fixture
const healthy = { model: 'm', input: 'hi' }
const parse = (body: unknown) => openaiResponses.parse(body)

const refusal = (field: string, problem: string) =>
  expect.objectContaining({ constructor: DroverError, code: 'invalid_request', params: { field, problem } })

test.each(accepted)('$name', ({ body, parsed, said }) => {
  const { echo, ...rest } = parse(body)
  expect(rest).toEqual(parsed)
  expect(echo.said).toEqual({ ...defaults, ...said })
  if (body.previous_response_id === undefined) modelRequest.parse(JSON.parse(JSON.stringify(rest.requests[0])))
})

test.each(refused)('refuses a request whose $field $problem', ({ set, field, problem }) => {
  expect(() => parse({ ...healthy, ...set })).toThrow(refusal(field, problem))
})

test('a hundred thousand wrong items hold the process for less than a second', () => {
  const body = parseJson(`{"model":"m","input":[${'0,'.repeat(99_000)}0]}`)
  // Of this thread: whatever else the machine does has no part in it.
  const before = process.threadCpuUsage()
  expect(() => parse(body)).toThrow(DroverError)
  const { user, system } = process.threadCpuUsage(before)
  expect((user + system) / 1_000).toBeLessThan(1_000)
})

test('numbers in schemas reach the host, and come back in the response, digit for digit', () => {
  const parameters = '{"type":"object","properties":{"n":{"type":"integer","maximum":12345678901234567890}}}'
  const tools = `[{"type":"function","name":"f","parameters":${parameters}}]`
  const { requests, echo } = parse(parseJson(`{"model":"m","input":"hi","tools":${tools}}`))
  expect(requests[0]).toMatchObject({
    toolsJson: `[{"type":"function","function":{"name":"f","parameters":${parameters}}}]`,
  })
  expect(JSON.stringify(echo.said)).toContain(`"parameters":${parameters}`)
})

describe('a conversation that goes on', () => {
  const earlier: Item[] = [
    { role: 'user', content: 'weather?' },
    { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}' },
  ]

  test('begins with the instructions of this request, and an answer finds the call of an earlier response', () => {
    const input = [{ type: 'function_call_output', call_id: 'c1', output: '31' }]
    const parsed = parse({ ...healthy, input, instructions: 'new', previous_response_id: 'resp_1' })
    expect(withReferred(parsed, earlier, []).requests[0]).toMatchObject({
      messages: [
        { role: 'system', content: 'new' },
        { role: 'user', content: 'weather?' },
        { role: 'assistant', content: '', toolCalls: [{ id: 'c1', name: 'weather', arguments: '{}' }] },
        { role: 'tool', content: '31', toolName: 'weather', toolCallId: 'c1' },
      ],
    })
  })

  test('counts what it has grown to', () => {
    const parsed = parse({ ...healthy, previous_response_id: 'resp_1' })
    const grown = withReferred(parsed, [{ role: 'user', content: 'x'.repeat(1_000) }], [])
    expect(grown.echo.chars - parsed.echo.chars).toBeGreaterThan(1_000)
  })
})

describe('references to items', () => {
  const reference = (id: string) => ({ type: 'item_reference', id })
  const said: Item = { type: 'message', role: 'assistant', content: 'Hello.' }
  const input = [
    { role: 'user', content: 'hi' },
    reference('rs_r_1_0'),
    reference('msg_r_1_0'),
    reference('msg_r_2_0'),
    { role: 'user', content: 'more' },
  ]

  test('name the responses that have the items, each once', () => {
    expect(referredResponses(parse({ ...healthy, input }).echo.input)).toEqual(['resp_r_1', 'resp_r_2'])
  })

  test('give way to the items, thoughts that are gone to nothing', () => {
    const outputs = [
      { id: 'msg_r_1_0', item: said, chars: 50 },
      { id: 'msg_r_2_0', item: said, chars: 50 },
    ]
    const { requests, echo } = withReferred(parse({ ...healthy, input }), [], outputs)
    const spoken = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: 'more' },
    ]
    expect(requests[0]).toMatchObject({ messages: spoken })
    expect(echo.input).toEqual([input[0], said, said, input[4]])
  })

  test.each(['msg_r_1_0', 'fc_r_1_0', 'elsewhere'])('are refused when there is no %s', id => {
    const parsed = parse({ ...healthy, input: [reference(id)] })
    expect(() => withReferred(parsed, [], [])).toThrow(
      refusal('input[0].id', 'must be the id of an item of a response that is kept'),
    )
  })

  test('to items of more than 256 responses are refused', () => {
    const many = Array.from({ length: 257 }, (_, index) => reference(`msg_r_${index}_0`))
    const parsed = parse({ ...healthy, input: many })
    expect(() => referredResponses(parsed.echo.input)).toThrow(
      refusal('input', 'must not refer to items of more than 256 responses'),
    )
    expect(toJson(parsed.requests)).toContain('"messages":[]')
  })
})
