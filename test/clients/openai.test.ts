import OpenAI, { APIUserAbortError } from 'openai'
import { describe, expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { lastRequest, pixel } from '../support/host-request.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** The official `openai` client, as its users use it. */

const redisUrl = inject('redisUrl')

const client = (stack: Stack, options: ConstructorParameters<typeof OpenAI>[0] = {}): OpenAI =>
  new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'any', maxRetries: 0, ...options })

const hi = { model: 'llama3.2', messages: [{ role: 'user' as const, content: 'hi' }] }

const weather = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}
const askWeather = {
  ...hi,
  messages: [{ role: 'user' as const, content: 'call weather {"city":"Hà Nội"}' }],
  tools: [weather],
}

describe('answers', () => {
  test('a whole answer', async () => {
    await using stack = await startStack({ redisUrl })
    const completion = await client(stack).chat.completions.create({ ...hi, seed: 7, max_tokens: 12 })
    expect(completion.choices[0]).toMatchObject({
      message: { role: 'assistant', content: answer(7, 12) },
      finish_reason: 'length',
    })
    expect(completion.usage).toEqual({ prompt_tokens: 1, completion_tokens: 12, total_tokens: 13 })
    expect(completion._request_id).toMatch(/^r_/)
  })

  test('a streamed answer', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
    const stream = await client(stack).chat.completions.create({ ...hi, seed: 7, stream: true })
    let text = ''
    const reasons: (string | null)[] = []
    for await (const { choices } of stream) {
      text += choices[0]!.delta.content ?? ''
      reasons.push(choices[0]!.finish_reason)
    }
    expect(text).toBe(answer(7, 32))
    expect(reasons.filter(Boolean)).toEqual(['stop'])
    expect(reasons.length).toBeGreaterThan(10)
  })

  test('.stream() puts the final completion together, usage included', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 1 }] })
    const runner = client(stack).chat.completions.stream({ ...hi, seed: 7, stream_options: { include_usage: true } })
    let deltas = ''
    runner.on('content', delta => (deltas += delta))
    const completion = await runner.finalChatCompletion()
    expect(completion.choices[0]).toMatchObject({
      message: { role: 'assistant', content: answer(7, 32) },
      finish_reason: 'stop',
    })
    expect(completion.usage).toEqual({ prompt_tokens: 1, completion_tokens: 32, total_tokens: 33 })
    expect(deltas).toBe(answer(7, 32))
  })

  test('n:2 gives two choices, streamed and not', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
    const openai = client(stack)
    const whole = await openai.chat.completions.create({ ...hi, n: 2, seed: 7 })
    const streamed = await openai.chat.completions.stream({ ...hi, n: 2, seed: 7 }).finalChatCompletion()
    for (const { choices } of [whole, streamed]) {
      expect(choices.map(({ index }) => index)).toEqual([0, 1])
      expect(choices.map(({ message }) => message.content)).toEqual([answer(7, 32), answer(7, 32)])
    }
    expect(whole.usage).toEqual({ prompt_tokens: 1, completion_tokens: 64, total_tokens: 65 })
  })

  test('system, developer and assistant messages, and every sampling parameter, reach the host', async () => {
    await using stack = await startStack({ redisUrl })
    await client(stack).chat.completions.create({
      model: 'llama3.2',
      messages: [
        { role: 'developer', content: 'be brief' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'assistant', content: 'c' },
        { role: 'user', content: 'd' },
      ],
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: 1,
      presence_penalty: -1,
      stop: 'END',
      response_format: { type: 'json_object' },
    })
    expect(JSON.parse(stack.hosts[0]!.requests[0]!.body)).toEqual({
      model: 'llama3.2:latest',
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'a\nb' },
        { role: 'assistant', content: 'c' },
        { role: 'user', content: 'd' },
      ],
      format: 'json',
      options: { temperature: 0.5, top_p: 0.9, frequency_penalty: 1, presence_penalty: -1, stop: ['END'] },
      stream: true,
    })
  })
})

describe('more of an answer', () => {
  test('withResponse() has the headers: the request, the host, and how much room the queue has', async () => {
    await using stack = await startStack({ redisUrl, config: { queue: { depthMax: 50 } } })
    const { data, response, request_id: id } = await client(stack).chat.completions.create(hi).withResponse()
    expect(response.headers.get('x-request-id')).toBe(id)
    expect(data.id).toBe(`chatcmpl-${id}`)
    const named = (name: string): string | null => response.headers.get(name)
    expect(named('x-drover-host')).toBe('h0')
    expect([named('x-ratelimit-limit-requests'), named('x-ratelimit-remaining-requests')]).toEqual([
      expect.stringMatching(/^\d+$/),
      expect.stringMatching(/^\d+$/),
    ])
    const stream = await client(stack)
      .chat.completions.create({ ...hi, stream: true })
      .withResponse()
    expect(stream.request_id).not.toBe(id)
    for await (const chunk of stream.data) expect(chunk.id).toBe(`chatcmpl-${stream.request_id}`)
  })

  test('log probabilities of every token, the alternatives with them, streamed and not', async () => {
    await using stack = await startStack({ redisUrl })
    const request = { ...hi, seed: 7, max_tokens: 5, logprobs: true, top_logprobs: 2 }
    const whole = await client(stack).chat.completions.create(request)
    const streamed = await client(stack).chat.completions.stream(request).finalChatCompletion()
    for (const { choices } of [whole, streamed]) {
      const weights = choices[0]!.logprobs!.content!
      expect(weights.map(({ token }) => token).join('')).toBe(answer(7, 5))
      for (const { token, logprob, bytes, top_logprobs: top } of weights) {
        expect(bytes).toEqual([...Buffer.from(token)])
        expect(top).toHaveLength(2)
        expect(top[0]).toEqual({ token, logprob, bytes })
      }
    }
  })

  test('an image in a data URL reaches a model that sees; one from the web is refused', async () => {
    const hosts = [{ models: ['llava'], capabilities: { llava: ['completion', 'vision'] } }]
    await using stack = await startStack({ redisUrl, hosts })
    const ask = (url: string) => {
      const content = [
        { type: 'text' as const, text: 'what is it?' },
        { type: 'image_url' as const, image_url: { url } },
      ]
      return client(stack).chat.completions.create({ model: 'llava', messages: [{ role: 'user', content }] })
    }
    await ask(`data:image/png;base64,${pixel}`)
    expect(lastRequest(stack)['messages']).toEqual([{ role: 'user', content: 'what is it?', images: [pixel] }])
    await expect(ask('https://example.org/a.png')).rejects.toMatchObject({
      status: 400,
      param: 'messages[0].content[1].image_url.url',
    })
  })
})

describe('tools', () => {
  test('a call, streamed and not, and the round trip with its result', async () => {
    await using stack = await startStack({ redisUrl })
    const openai = client(stack)
    const whole = await openai.chat.completions.create(askWeather)
    const streamed = await openai.chat.completions.stream(askWeather).finalChatCompletion()
    for (const { choices } of [whole, streamed]) {
      expect(choices[0]!.finish_reason).toBe('tool_calls')
      expect(choices[0]!.message.tool_calls).toMatchObject([
        {
          id: expect.stringMatching(/./),
          type: 'function',
          function: { name: 'weather', arguments: '{"city":"Hà Nội"}' },
        },
      ])
    }
    const { message } = whole.choices[0]!
    expect(message.content).toBeNull()
    const [call] = message.tool_calls!
    const result = { role: 'tool' as const, tool_call_id: call!.id, content: '31 °C' }
    const last = await openai.chat.completions.create({
      ...askWeather,
      messages: [...askWeather.messages, message, result],
    })
    expect(last.choices[0]!.finish_reason).toBe('tool_calls')
    const sent = JSON.parse(stack.hosts[0]!.requests.at(-1)!.body) as { messages: unknown[] }
    expect(sent.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: call!.id, function: { name: 'weather', arguments: { city: 'Hà Nội' } } }],
      },
      { role: 'tool', content: '31 °C', tool_name: 'weather', tool_call_id: call!.id },
    ])
  })
})

describe('leaving', () => {
  test('aborting a stream stops the host within a second', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
    const [host] = stack.hosts
    const stream = await client(stack).chat.completions.create({ ...hi, stream: true })
    let seen = 0
    for await (const _ of stream) {
      seen += 1
      if (seen === 3) stream.controller.abort()
    }
    await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
    expect(seen).toBeGreaterThanOrEqual(3)
  })

  test('leaving the loop stops the host within a second', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
    const [host] = stack.hosts
    for await (const _ of await client(stack).chat.completions.create({ ...hi, stream: true })) break
    await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
  })

  test('aborting a whole answer stops the host within a second', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
    const [host] = stack.hosts
    const leave = new AbortController()
    const aborted = expect(client(stack).chat.completions.create(hi, { signal: leave.signal })).rejects.toThrow(
      APIUserAbortError,
    )
    await host!.waitFor(() => (host!.requests[0]?.tokens ?? 0) > 2, 5_000)
    leave.abort()
    await aborted
    await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
  })
})
