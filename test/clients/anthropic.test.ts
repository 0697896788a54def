import Anthropic, { APIUserAbortError, NotFoundError } from '@anthropic-ai/sdk'
import { describe, expect, inject, test } from 'vitest'
import { answer, seedOf, thinkingTokens } from '../fakes/ollama/tokens.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** The official `@anthropic-ai/sdk` client, as its users use it. */

const redisUrl = inject('redisUrl')

const client = (stack: Stack, options: ConstructorParameters<typeof Anthropic>[0] = {}): Anthropic =>
  new Anthropic({ baseURL: stack.url, apiKey: 'any', maxRetries: 0, ...options })

const hi = { model: 'llama3.2', max_tokens: 12, messages: [{ role: 'user' as const, content: 'hi' }] }
const text = answer(seedOf('hi'), 12)

const weather = {
  name: 'weather',
  description: 'tells the weather',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
}
const question = { role: 'user' as const, content: 'call weather {"city":"Hà Nội"}' }
const askWeather = { ...hi, messages: [question], tools: [weather] }

describe('answers', () => {
  test('a whole answer', async () => {
    await using stack = await startStack({ redisUrl })
    const message = await client(stack).messages.create(hi)
    expect(message).toMatchObject({ role: 'assistant', content: [{ type: 'text', text }], stop_reason: 'max_tokens' })
    expect(message.usage).toMatchObject({ input_tokens: 1, output_tokens: 12 })
    expect(message._request_id).toMatch(/^r_/)
  })

  test('a streamed answer', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
    let read = ''
    for await (const event of await client(stack).messages.create({ ...hi, stream: true }))
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') read += event.delta.text
    expect(read).toBe(text)
  })

  test('.stream() puts the final message together, usage included', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
    const stream = client(stack).messages.stream(hi)
    let deltas = ''
    stream.on('text', delta => (deltas += delta))
    const message = await stream.finalMessage()
    expect(message).toMatchObject({ content: [{ type: 'text', text }], stop_reason: 'max_tokens' })
    expect(message.usage).toMatchObject({ input_tokens: 1, output_tokens: 12 })
    expect(deltas).toBe(text)
    expect(await stream.finalText()).toBe(text)
    expect(stream.request_id).toMatch(/^r_/)
  })

  test('.stream() notices neither comments nor pings', async () => {
    const config = { slots: 1, server: { headersAfterMs: 30, heartbeatMs: 100 } }
    await using stack = await startStack({ redisUrl, config, hosts: [{ firstTokenMs: 500 }] })
    const anthropic = client(stack)
    const messages = await Promise.all([1, 2].map(() => anthropic.messages.stream(hi).finalMessage()))
    for (const message of messages) expect(message.content).toMatchObject([{ type: 'text', text }])
  })

  test('thinking comes as a block of its own, and can be sent back', async () => {
    await using stack = await startStack({ redisUrl })
    const anthropic = client(stack)
    const thinking = { type: 'enabled' as const, budget_tokens: 1024 }
    const whole = await anthropic.messages.create({ ...hi, thinking })
    const stream = anthropic.messages.stream({ ...hi, thinking })
    let thought = ''
    stream.on('thinking', delta => (thought += delta))
    const streamed = await stream.finalMessage()
    const thoughts = thinkingTokens(seedOf('hi')).join('')
    for (const { content } of [whole, streamed])
      expect(content).toEqual([
        { type: 'thinking', thinking: thoughts, signature: '' },
        { type: 'text', text },
      ])
    expect(thought).toBe(thoughts)
    const again = [...hi.messages, { role: 'assistant' as const, content: whole.content }, ...hi.messages]
    await anthropic.messages.create({ ...hi, messages: again })
    expect(JSON.parse(stack.hosts[0]!.requests.at(-1)!.body)).toMatchObject({
      messages: [{}, { role: 'assistant', content: text, thinking: thoughts }, {}],
    })
  })

  test('a JSON schema is the format', async () => {
    await using stack = await startStack({ redisUrl })
    const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] }
    const content = await client(stack).messages.create({
      ...hi,
      max_tokens: 1000,
      output_config: { format: { type: 'json_schema', schema } },
    })
    const [block] = content.content
    expect(JSON.parse(block?.type === 'text' ? block.text : '')).toEqual({ a: expect.any(Number) })
    expect(JSON.parse(stack.hosts[0]!.requests[0]!.body)).toMatchObject({ format: schema })
  })

  test('an image reaches the host with the text of its message', async () => {
    const capabilities = { 'llama3.2': ['completion', 'vision'] }
    await using stack = await startStack({ redisUrl, hosts: [{ capabilities }] })
    const data = 'iVBORw0KGgo='
    await client(stack).messages.create({
      ...hi,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
            { type: 'text', text: 'what?' },
          ],
        },
      ],
    })
    expect(JSON.parse(stack.hosts[0]!.requests[0]!.body)).toMatchObject({
      messages: [{ role: 'user', content: 'what?', images: [data] }],
    })
  })
})

describe('tools', () => {
  test('a call, streamed and not, and the round trip with its result', async () => {
    await using stack = await startStack({ redisUrl })
    const anthropic = client(stack)
    const whole = await anthropic.messages.create(askWeather)
    const stream = anthropic.messages.stream(askWeather)
    let json = ''
    stream.on('inputJson', delta => (json += delta))
    const streamed = await stream.finalMessage()
    for (const message of [whole, streamed]) {
      expect(message.stop_reason).toBe('tool_use')
      expect(message.content).toEqual([
        { type: 'tool_use', id: expect.stringMatching(/./), name: 'weather', input: { city: 'Hà Nội' } },
      ])
    }
    expect(JSON.parse(json)).toEqual({ city: 'Hà Nội' })
    const [call] = streamed.content
    const id = call?.type === 'tool_use' ? call.id : ''
    await anthropic.messages.create({
      ...askWeather,
      messages: [
        question,
        { role: 'assistant', content: streamed.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: '31 °C' }] },
      ],
    })
    expect(JSON.parse(stack.hosts[0]!.requests.at(-1)!.body)).toMatchObject({
      messages: [
        {},
        { role: 'assistant', tool_calls: [{ id, function: { name: 'weather', arguments: { city: 'Hà Nội' } } }] },
        { role: 'tool', content: '31 °C', tool_name: 'weather', tool_call_id: id },
      ],
    })
  })

  test('calls after thinking and text come as blocks of their own', async () => {
    await using stack = await startStack({ redisUrl })
    const body = { ...askWeather, thinking: { type: 'adaptive' as const } }
    const { content } = await client(stack).messages.stream(body).finalMessage()
    expect(content.map(({ type }) => type)).toEqual(['thinking', 'tool_use'])
  })
})

describe('leaving', () => {
  test('aborting a stream stops the host within a second', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
    const [host] = stack.hosts
    const stream = client(stack).messages.stream({ ...hi, max_tokens: 10_000 })
    stream.once('text', () => stream.abort())
    await expect(stream.finalMessage()).rejects.toThrow(APIUserAbortError)
    await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
  })

  test('leaving the loop stops the host within a second', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
    const [host] = stack.hosts
    for await (const _ of await client(stack).messages.create({ ...hi, max_tokens: 10_000, stream: true })) break
    await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
  })

  test('aborting a whole answer stops the host within a second', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
    const [host] = stack.hosts
    const leave = new AbortController()
    const create = client(stack).messages.create({ ...hi, max_tokens: 10_000 }, { signal: leave.signal })
    const aborted = expect(create).rejects.toThrow(APIUserAbortError)
    await host!.waitFor(() => (host!.requests[0]?.tokens ?? 0) > 2, 5_000)
    leave.abort()
    await aborted
    await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
  })
})

test('countTokens estimates, and knows which models there are', async () => {
  await using stack = await startStack({ redisUrl })
  const anthropic = client(stack)
  const { model, messages } = hi
  const { input_tokens: few } = await anthropic.messages.countTokens({ model, messages })
  const { input_tokens: more } = await anthropic.messages.countTokens({
    model,
    messages,
    tools: [weather],
    system: 'x',
  })
  expect(few).toBeGreaterThan(0)
  expect(more).toBeGreaterThan(few)
  await expect(anthropic.messages.countTokens({ model: 'nope', messages })).rejects.toThrow(NotFoundError)
})

test('the beta surface asks the same', async () => {
  await using stack = await startStack({ redisUrl })
  const anthropic = client(stack)
  const message = await anthropic.beta.messages.create({ ...hi, betas: ['interleaved-thinking-2025-05-14'] })
  expect(message.content).toMatchObject([{ type: 'text', text }])
  expect(
    (await anthropic.beta.messages.countTokens({ model: hi.model, messages: hi.messages })).input_tokens,
  ).toBeGreaterThan(0)
})

test('the list of models is one page, and each of them is found by its name', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ models: ['llama3.2', 'hf.co/unsloth/gemma-3:q4_k_m'] }] })
  const anthropic = client(stack)
  const names: string[] = []
  for await (const model of anthropic.models.list()) {
    names.push(model.id)
    expect(model).toMatchObject({ type: 'model', display_name: model.id })
    expect(new Date(model.created_at).getTime()).toBeLessThanOrEqual(Date.now())
    expect(await anthropic.models.retrieve(model.id)).toEqual(model)
  }
  expect(names).toEqual(['hf.co/unsloth/gemma-3:q4_k_m', 'llama3.2'])
  await expect(anthropic.models.retrieve('nope')).rejects.toThrow(NotFoundError)
})
