import type { StreamEvent } from '@drover/shared/events'
import type { ChatRequest } from '@drover/shared/requests'
import { describe, expect, test } from 'vitest'
import { asToolCall, demandedCall } from './demanded-call.ts'

const tool = (name: string, parameters?: object, description?: string): object => ({
  type: 'function',
  function: { name, ...(description && { description }), ...(parameters && { parameters }) },
})
const request = (toolChoice: ChatRequest['toolChoice'], tools: readonly object[] | string): ChatRequest => ({
  kind: 'chat',
  messages: [{ role: 'user', content: 'hi' }],
  options: { seed: '1' },
  think: true,
  toolChoice,
  toolsJson: typeof tools === 'string' ? tools : JSON.stringify(tools),
})
const one = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
const other = { type: 'object', properties: { s: { type: 'string' } } }

describe('a call is demanded', () => {
  test.each([
    ['of the one that is named', { name: 'b' }, [tool('a', one), tool('b', other)], other],
    ['of the only one', 'required', [tool('a', one)], one],
    ['of one without parameters', 'required', [tool('a')], { type: 'object' }],
    ['of one whose schema says no type', 'required', [tool('a', {})], { type: 'object' }],
    [
      'of any of several',
      'required',
      [tool('a', one), tool('b', other)],
      {
        anyOf: ['a', 'b'].map((name, index) => ({
          type: 'object',
          properties: { name: { const: name }, arguments: [one, other][index] },
          required: ['name', 'arguments'],
          additionalProperties: false,
        })),
      },
    ],
  ] as const)('%s', (_name, choice, tools, schema) => {
    const { request: asked } = demandedCall(request(choice, [...tools]))!
    expect(JSON.parse(asked.formatJson!)).toEqual(schema)
    expect(asked).not.toHaveProperty('toolsJson')
    expect(asked).toMatchObject({ think: true, options: { seed: '1' } })
  })

  test('in words that name and describe the tools, ahead of what the client says to the system', () => {
    const wanted = [tool('a', one, 'adds one'), tool('b')]
    const plain = demandedCall(request('required', wanted))!.request.messages
    expect(plain.map(({ role }) => role)).toEqual(['system', 'user'])
    for (const word of ['`a`: adds one', '`b`', '"required":["n"]']) expect(plain[0]!.content).toContain(word)
    const messages: ChatRequest['messages'] = [
      { role: 'system', content: 'Be kind.' },
      ...request('required', wanted).messages,
    ]
    const merged = demandedCall({ ...request({ name: 'a' }, wanted), messages })!.request.messages
    expect(merged.map(({ role }) => role)).toEqual(['system', 'user'])
    expect(merged[0]!.content).toMatch(/^Call the tool `a`: adds one\n[^]*\n\nBe kind\.$/)
    expect(merged[0]!.content).not.toContain('`b`')
  })

  test('with every number of the schema digit for digit', () => {
    const tools = '[{"function":{"name":"a","parameters":{"maximum":12345678901234567890,"multipleOf":1.50}}}]'
    const { formatJson } = demandedCall(request('required', tools))!.request
    expect(formatJson).toBe('{"type":"object","maximum":12345678901234567890,"multipleOf":1.50}')
  })

  test('a schema that refers to itself still does so beside others', () => {
    const node = {
      $defs: { N: { properties: { next: { $ref: '#/$defs/N' }, max: { maximum: 5 } } } },
      $ref: '#/$defs/N',
    }
    const { formatJson } = demandedCall(request('required', [tool('a', other), tool('b', node)]))!.request
    expect(JSON.parse(formatJson!)).toMatchObject({
      anyOf: [{ properties: { arguments: other } }, { properties: { arguments: { $ref: '#/$defs/tool1' } } }],
      $defs: {
        tool1: {
          $ref: '#/$defs/tool1/$defs/N',
          $defs: { N: { properties: { next: { $ref: '#/$defs/tool1/$defs/N' }, max: { maximum: 5 } } } },
        },
      },
    })
  })

  test.each([
    ['when none is', undefined, [tool('a')]],
    ['when there are no tools', 'required', undefined],
  ] as const)('not %s', (_name, choice, tools) => {
    const { toolsJson: _, ...rest } = request(choice, [])
    expect(demandedCall({ ...rest, ...(tools && { toolsJson: JSON.stringify(tools) }) })).toBeUndefined()
  })

  test('of a tool that is not there, it is the fault of the request', () => {
    expect(() => demandedCall(request({ name: 'z' }, [tool('a')]))).toThrow(
      expect.objectContaining({ kind: 'rejected' }),
    )
  })
})

const end = {
  type: 'end',
  reason: 'stop',
  usage: { promptTokens: 1, completionTokens: 1 },
  timings: { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 },
} as const

async function* said(...batches: StreamEvent[][]): AsyncGenerator<StreamEvent[]> {
  yield* batches
}
const text = (part: string): StreamEvent => ({ type: 'text', text: part })
const told = async (choice: ChatRequest['toolChoice'], ...batches: StreamEvent[][]): Promise<StreamEvent[][]> => {
  const { callOf } = demandedCall(request(choice, [tool('a', one), tool('b', other)]))!
  return Array.fromAsync(asToolCall(said(...batches), callOf))
}

describe('the answer', () => {
  test('is one call, its big integers intact and its escapes undone, and reasoning goes ahead of it', async () => {
    const events = await told(
      { name: 'a' },
      [{ type: 'reasoning', text: 'hm' }],
      [text('{ "n":1234567890')],
      [text('1234567890,"\\u0073":1}\n'), end],
    )
    expect(events).toEqual([
      [{ type: 'reasoning', text: 'hm' }],
      [
        {
          type: 'tool_calls',
          calls: [
            { id: expect.stringMatching(/^call_\w{32}$/), name: 'a', arguments: '{"n":12345678901234567890,"s":1}' },
          ],
        },
        { ...end, reason: 'tool_calls' },
      ],
    ])
  })

  test('says which of several tools it calls', async () => {
    const [events] = await told('required', [text('{"name":"b","arguments":{"s":12345678901234567890}}'), end])
    expect(events).toMatchObject([
      { calls: [{ name: 'b', arguments: '{"s":12345678901234567890}' }] },
      { reason: 'tool_calls' },
    ])
  })

  test.each([
    ['that was cut off', { name: 'a' }, '{"n":1'],
    ['that is no object', { name: 'a' }, '[1]'],
    ['that nobody could read', { name: 'a' }, `{"n":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
    ['that names no tool', 'required', '{"name":"z","arguments":{}}'],
    ['without arguments', 'required', '{"name":"a"}'],
    ['that is empty', 'required', ''],
  ] as const)('%s is text, for the reason of the host', async (_name, choice, answer) => {
    const parts = answer === '' ? [] : [text(answer.slice(0, 3)), text(answer.slice(3))]
    const cut = { ...end, reason: 'length' } as const
    expect((await told(choice, parts, [cut])).flat()).toEqual([...parts, cut])
  })

  test('that is no call after very many tokens is told as it came', async () => {
    const batches = Array.from({ length: 2_000 }, () => Array.from({ length: 100 }, () => text('x')))
    expect(await told({ name: 'a' }, ...batches, [end])).toEqual([...batches, [end]])
  })

  test('that never ends is given up', async () => {
    const parts = Array.from({ length: 20 }, () => [text('x'.repeat(64 * 1024))])
    await expect(told({ name: 'a' }, ...parts)).rejects.toMatchObject({ kind: 'failed' })
  })
})
