import OpenAI, { BadRequestError } from 'openai'
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { answer } from '../fakes/ollama/tokens.ts'
import { lastRequest } from '../support/host-request.ts'
import { done, part, says } from '../support/host-script.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** Tools and schemas with the official `openai` client and its helpers. */

let stack: Stack
let openai: OpenAI

beforeAll(async () => {
  stack = await startStack({ redisUrl: inject('redisUrl') })
  openai = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'any', maxRetries: 0 })
})
afterAll(() => stack[Symbol.asyncDispose]())

const ask = (content: string) => ({ model: 'llama3.2', messages: [{ role: 'user' as const, content }] })

const tool = (name: string) => ({
  type: 'function' as const,
  function: { name, parameters: { type: 'object', properties: { city: { type: 'string' } } } },
})
const tools = [tool('weather'), tool('time')]
const twoCalls = 'call weather {"city":"Hà Nội"}\ncall time {"city":"Huế"}'

/** The next answer calls the tool; the ones after it are the stand-in's own. */
const callNext = (name: string, args: object): void =>
  stack.hosts[0]!.faults.next(says(part({ tool_calls: [{ function: { name, arguments: args } }] }), done()))

describe('calls', () => {
  test('the events of .stream() put each of two calls together, name first, each done once', async () => {
    const runner = openai.chat.completions.stream({ ...ask(twoCalls), tools })
    const deltas = ['', '']
    const finished: unknown[] = []
    runner.on('tool_calls.function.arguments.delta', ({ index, arguments_delta: delta, name }) => {
      expect(name).toBe(['weather', 'time'][index])
      deltas[index] += delta
    })
    runner.on('tool_calls.function.arguments.done', ({ index, name, arguments: args }) => {
      finished.push([index, name, args])
    })
    const { choices } = await runner.finalChatCompletion()
    expect(deltas).toEqual(['{"city":"Hà Nội"}', '{"city":"Huế"}'])
    expect(finished).toEqual([
      [0, 'weather', '{"city":"Hà Nội"}'],
      [1, 'time', '{"city":"Huế"}'],
    ])
    expect(choices[0]!.finish_reason).toBe('tool_calls')
    const ids = choices[0]!.message.tool_calls!.map(({ id }) => id)
    expect(new Set(ids).size).toBe(2)
  })

  test('an integer beyond 2^53 arrives digit for digit, streamed and not', async () => {
    const request = { ...ask('call weather {"id":12345678901234567890}'), tools }
    const whole = await openai.chat.completions.create(request)
    const streamed = await openai.chat.completions.stream(request).finalChatCompletion()
    for (const { choices } of [whole, streamed])
      expect(choices[0]!.message.tool_calls).toMatchObject([{ function: { arguments: '{"id":12345678901234567890}' } }])
  })

  test.each([false, true])('runTools answers the calls and comes to a text; streamed: %s', async stream => {
    callNext('weather', { city: 'Hà Nội' })
    const asked: unknown[] = []
    const weather = zodFunction({
      name: 'weather',
      parameters: z.object({ city: z.string() }),
      function: args => {
        asked.push(args)
        return '31 °C'
      },
    })
    const request = { ...ask('how warm is it?'), seed: 7, tools: [weather] }
    const runner = stream
      ? openai.chat.completions.runTools({ ...request, stream: true })
      : openai.chat.completions.runTools(request)
    expect(await runner.finalContent()).toBe(answer(7, 32))
    expect(asked).toEqual([{ city: 'Hà Nội' }])
    expect(await runner.finalFunctionToolCallResult()).toBe('31 °C')
    const { messages } = lastRequest(stack)
    expect(messages).toMatchObject([
      { role: 'user', content: 'how warm is it?' },
      { role: 'assistant', tool_calls: [{ function: { name: 'weather', arguments: { city: 'Hà Nội' } } }] },
      { role: 'tool', tool_name: 'weather', content: '31 °C' },
    ])
  })

  test('parallel_tool_calls: false gives the first call only, streamed and not', async () => {
    const request = { ...ask(twoCalls), tools, parallel_tool_calls: false }
    const whole = await openai.chat.completions.create(request)
    const streamed = await openai.chat.completions.stream(request).finalChatCompletion()
    for (const { choices } of [whole, streamed])
      expect(choices[0]!.message.tool_calls).toMatchObject([{ function: { name: 'weather' } }])
  })
})

describe('tool_choice', () => {
  test('none offers the model no tools', async () => {
    const { choices } = await openai.chat.completions.create({ ...ask(twoCalls), tools, tool_choice: 'none' })
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: expect.stringMatching(/./) } })
    expect(lastRequest(stack)).not.toHaveProperty('tools')
  })

  test.each(['required', { type: 'function' as const, function: { name: 'time' } }] as const)(
    '%j always gives a call, also of a model that would rather talk, streamed and not',
    async choice => {
      const request = { ...ask('hello'), tools, tool_choice: choice }
      const whole = await openai.chat.completions.create(request)
      const streamed = await openai.chat.completions.stream(request).finalChatCompletion()
      for (const { choices } of [whole, streamed]) {
        expect(choices[0]!.finish_reason).toBe('tool_calls')
        const [call, ...more] = choices[0]!.message.tool_calls!
        expect(more).toEqual([])
        expect(call).toMatchObject({ id: expect.stringMatching(/./), type: 'function' })
        if (choice !== 'required') expect(call).toMatchObject({ function: { name: 'time' } })
        expect(JSON.parse((call as { function: { arguments: string } }).function.arguments)).toBeTypeOf('object')
      }
    },
  )

  test('a function that is not among the tools is refused by name', async () => {
    const choice = { type: 'function' as const, function: { name: 'nope' } }
    const refused = openai.chat.completions.create({ ...ask('hello'), tools, tool_choice: choice })
    await expect(refused).rejects.toThrow(BadRequestError)
    await expect(refused).rejects.toMatchObject({ param: 'tool_choice.function.name' })
  })
})

describe('schemas', () => {
  const Event = z.object({ name: z.string(), guests: z.array(z.string()).min(2), day: z.enum(['sat', 'sun']) })

  test('chat.completions.parse gives an object that fits the zod schema', async () => {
    const format = zodResponseFormat(Event, 'event')
    const { choices } = await openai.chat.completions.parse({ ...ask('plan'), response_format: format })
    expect(Event.safeParse(choices[0]!.message.parsed)).toMatchObject({ success: true, data: { day: 'sat' } })
    expect(lastRequest(stack)['format']).toEqual(format.json_schema.schema)
  })

  test('.stream() parses the object as it grows', async () => {
    const runner = openai.chat.completions.stream({
      ...ask('plan'),
      response_format: zodResponseFormat(Event, 'event'),
    })
    let partials = 0
    runner.on('content.delta', ({ parsed }) => (partials += parsed === null ? 0 : 1))
    const { choices } = await runner.finalChatCompletion()
    expect(Event.safeParse(choices[0]!.message.parsed).success).toBe(true)
    expect(partials).toBeGreaterThan(2)
  })

  test('zod functions parse the arguments of their calls', async () => {
    const weather = zodFunction({
      name: 'weather',
      parameters: z.object({ city: z.string() }),
      function: () => '',
    })
    const { choices } = await openai.chat.completions.parse({ ...ask(twoCalls), tools: [weather] })
    expect(choices[0]!.message.tool_calls).toMatchObject([{ function: { parsed_arguments: { city: 'Hà Nội' } } }])
  })

  test('JSON mode gives JSON', async () => {
    const { choices } = await openai.chat.completions.create({ ...ask('x'), response_format: { type: 'json_object' } })
    expect(JSON.parse(choices[0]!.message.content!)).toBeTypeOf('object')
  })
})
