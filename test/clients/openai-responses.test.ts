import { APIError, NotFoundError, APIUserAbortError, BadRequestError } from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { describe, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { answer, seedOf } from '../fakes/ollama/tokens.ts'
import { startStack } from '../support/stack.ts'
import { openaiClient as client } from '../support/streaming.ts'

/** The Responses API of the official `openai` client, as its users use it. */

const redisUrl = inject('redisUrl')
const model = 'llama3.2'

const weather = {
  type: 'function' as const,
  name: 'weather',
  description: 'How it is somewhere',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
}
const askWeather = { model, input: 'call weather {"city":"Hà Nội"}', tools: [weather] }

describe('answers', () => {
  test('a whole answer', async () => {
    await using stack = await startStack({ redisUrl })
    const response = await client(stack).responses.create({ model, input: 'echo: hello', instructions: 'be brief' })
    expect(response).toMatchObject({ status: 'completed', output_text: 'hello', instructions: 'be brief' })
    expect(response._request_id).toMatch(/^r_/)
  })

  test('a streamed answer, event by event', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
    let text = ''
    let last = ''
    let count = 0
    for await (const event of await client(stack).responses.create({
      model,
      input: 'echo: hello there',
      stream: true,
    })) {
      expect(event.sequence_number).toBe(count++)
      if (event.type === 'response.output_text.delta') text += event.delta
      last = event.type
    }
    expect(text).toBe('hello there')
    expect(last).toBe('response.completed')
  })

  test('.stream() puts the final response together', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 1 }] })
    const runner = client(stack).responses.stream({ model, input: 'echo: hello there' })
    let deltas = ''
    runner.on('response.output_text.delta', event => (deltas += event.delta))
    const response = await runner.finalResponse()
    expect(response).toMatchObject({ status: 'completed', output_text: 'hello there' })
    expect(deltas).toBe('hello there')
    expect(response.usage!.total_tokens).toBe(response.usage!.input_tokens + response.usage!.output_tokens)
  })

  test('thoughts come before the text, streamed and not', async () => {
    await using stack = await startStack({ redisUrl })
    const request = { model, input: 'echo: hello', reasoning: { effort: 'low' } } as const
    const whole = await client(stack).responses.create(request)
    const streamed = await client(stack).responses.stream(request).finalResponse()
    for (const { output, output_text: text } of [whole, streamed]) {
      expect(text).toBe('hello')
      expect(output[0]).toMatchObject({
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: expect.stringMatching(/./) }],
      })
    }
  })

  test('an answer in a shape, parsed', async () => {
    await using stack = await startStack({ redisUrl })
    const person = z.object({ name: z.string(), age: z.int() })
    const request = { model, input: 'who?', text: { format: zodTextFormat(person, 'person') } }
    const whole = await client(stack).responses.parse(request)
    const streamed = await client(stack).responses.stream(request).finalResponse()
    for (const { output_parsed: parsed } of [whole, streamed]) expect(person.parse(parsed)).toEqual(parsed)
  })

  test('a failure in mid-stream is thrown as an APIError with its code, after what was said; the response is kept as failed', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 30 }] })
    stack.hosts[0]!.faults.next({ kind: 'reset', afterTokens: 3 })
    const runner = client(stack).responses.stream({ model, input: 'hi' })
    let id = ''
    let text = ''
    runner.on('response.created', ({ response }) => (id = response.id))
    runner.on('response.output_text.delta', ({ delta }) => (text += delta))
    const final = runner.finalResponse()
    await expect(final).rejects.toThrow(APIError)
    await expect(final).rejects.toMatchObject({ code: 'upstream_lost', type: 'server_error' })
    expect(text).toBe(answer(seedOf('hi'), 3))
    expect(await client(stack).responses.retrieve(id)).toMatchObject({
      status: 'failed',
      error: { code: 'server_error' },
    })
  })
})

describe('conversations', () => {
  test('a call, streamed and not, and the round trip with its result', async () => {
    await using stack = await startStack({ redisUrl })
    const openai = client(stack)
    const whole = await openai.responses.create(askWeather)
    const streamed = await openai.responses.stream(askWeather).finalResponse()
    for (const { output } of [whole, streamed])
      expect(output).toMatchObject([{ type: 'function_call', name: 'weather', arguments: '{"city":"Hà Nội"}' }])
    const [call] = whole.output
    if (call?.type !== 'function_call') throw new Error('no call')
    const result = { type: 'function_call_output' as const, call_id: call.call_id, output: '31 °C' }
    const question = { role: 'user' as const, content: askWeather.input }
    await openai.responses.create({ ...askWeather, input: [question, call, result] })
    await openai.responses.create({ model, previous_response_id: whole.id, input: [result] })
    const [sent, recalled] = stack.hosts[0]!.requests.slice(-2).map(
      ({ body }) => (JSON.parse(body) as { messages: unknown[] }).messages,
    )
    expect(sent).toEqual([
      question,
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: call.call_id, function: { name: 'weather', arguments: { city: 'Hà Nội' } } }],
      },
      { role: 'tool', content: '31 °C', tool_name: 'weather', tool_call_id: call.call_id },
    ])
    expect(recalled).toEqual(sent)
  })

  test('calls of a custom tool and in a namespace, streamed and not, are kept and gone on from', async () => {
    await using stack = await startStack({ redisUrl })
    const openai = client(stack)
    const patch = { type: 'custom' as const, name: 'patch' }
    const crm = { type: 'namespace' as const, name: 'crm', description: 'Customers', tools: [weather] }
    const input = 'call patch {"input":"a\\n"}\ncall crm__weather {}'
    const request = { model, input, tools: [patch, crm] }
    const whole = await openai.responses.create(request)
    const streamed = await openai.responses.stream(request).finalResponse()
    for (const { output } of [whole, streamed])
      expect(output).toMatchObject([
        { type: 'custom_tool_call', name: 'patch', input: 'a\n' },
        { type: 'function_call', namespace: 'crm', name: 'weather', arguments: '{}' },
      ])
    const [custom] = whole.output
    if (custom?.type !== 'custom_tool_call') throw new Error('no call')
    const result = { type: 'custom_tool_call_output' as const, call_id: custom.call_id, output: 'ok' }
    const { id } = await openai.responses.create({ model, input: [result], previous_response_id: whole.id })
    const { messages } = JSON.parse(stack.hosts[0]!.requests.at(-1)!.body) as { messages: unknown[] }
    expect(messages.slice(1)).toMatchObject([
      {
        tool_calls: [
          { function: { name: 'patch', arguments: { input: 'a\n' } } },
          { function: { name: 'crm__weather', arguments: {} } },
        ],
      },
      { role: 'tool', content: 'ok', tool_name: 'patch' },
    ])
    expect(await Array.fromAsync(openai.responses.inputItems.list(id))).toMatchObject([result])
  })

  test('previous_response_id goes on with a conversation', async () => {
    await using stack = await startStack({ redisUrl })
    const openai = client(stack)
    const { id } = await openai.responses.create({ model, input: 'echo: one' })
    const next = await openai.responses.create({ model, input: 'echo: two', previous_response_id: id })
    expect(next).toMatchObject({ previous_response_id: id, output_text: 'two' })
    const { messages } = JSON.parse(stack.hosts[0]!.requests.at(-1)!.body) as { messages: { content: string }[] }
    expect(messages.map(({ content }) => content)).toEqual(['echo: one', 'one', 'echo: two'])
    await expect(openai.responses.create({ model, input: 'x', previous_response_id: 'resp_gone' })).rejects.toSatisfy(
      error => error instanceof NotFoundError && error.param === 'previous_response_id',
    )
  })

  test('what is kept can be retrieved, its input listed, and deleted; in the foreground nothing is cancelled', async () => {
    await using stack = await startStack({ redisUrl })
    const { responses } = client(stack)
    const { _request_id: _, ...made } = await responses.create({ model, input: 'echo: hello' })
    const { _request_id: __, ...kept } = await responses.retrieve(made.id)
    expect(kept).toEqual(made)
    const items = await Array.fromAsync(responses.inputItems.list(made.id, { limit: 1 }))
    expect(items).toMatchObject([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'echo: hello' }] },
    ])
    await expect(responses.cancel(made.id)).rejects.toThrow(BadRequestError)
    await responses.delete(made.id)
    await expect(responses.retrieve(made.id)).rejects.toThrow(NotFoundError)
  })
})

describe('leaving', () => {
  test('aborting a stream stops the host within a second', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
    const [host] = stack.hosts
    const stream = await client(stack).responses.create({ model, input: 'hi', stream: true })
    for await (const event of stream) if (event.type === 'response.output_text.delta') stream.controller.abort()
    await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
  })

  test('aborting a whole answer stops the host within a second', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
    const [host] = stack.hosts
    const leave = new AbortController()
    const aborted = expect(
      client(stack).responses.create({ model, input: 'hi' }, { signal: leave.signal }),
    ).rejects.toThrow(APIUserAbortError)
    await host!.waitFor(() => (host!.requests[0]?.tokens ?? 0) > 2, 5_000)
    leave.abort()
    await aborted
    await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
  })

  test('while it waits, a stream has comments that the client does not see', async () => {
    const config = { slots: 1, server: { headersAfterMs: 20, heartbeatMs: 100 } }
    await using stack = await startStack({ redisUrl, config })
    const [host] = stack.hosts
    host!.faults.next({ kind: 'delay', ms: 500 })
    const first = client(stack).responses.create({ model, input: 'hi' })
    await host!.waitFor(() => host!.running === 1, 5_000)
    const response = await client(stack)
      .responses.stream({ model, input: 'hi', seed: 7 } as never)
      .finalResponse()
    expect(response.output_text).toBe(answer(7, 32))
    await first
  })
})
