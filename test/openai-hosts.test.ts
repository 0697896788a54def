import { describe, expect, inject, test } from 'vitest'
import { startFakeOpenAi, type FakeOpenAiOptions } from './fakes/openai/server.ts'
import { answer, embedding, thinkingTokens } from './fakes/ollama/tokens.ts'
import { chat, streamChat } from './support/chat.ts'
import { post, postChat, readStream } from './support/sse-client.ts'
import { startStack, type StackOptions } from './support/stack.ts'

const redisUrl = inject('redisUrl')
const body = { seed: 7, max_tokens: 40 }
const whole = answer(7, 40)

/** drover in front of a stand-in for a server with OpenAI's API. */
const startRig = async (options: FakeOpenAiOptions = {}, config: StackOptions['config'] = {}) => {
  await using started = new AsyncDisposableStack()
  const fake = started.use(await startFakeOpenAi(options))
  const host = { type: 'openai', url: fake.url, ...(options.apiKey && { apiKey: options.apiKey }) } as const
  const stack = started.use(await startStack({ redisUrl, hosts: [], otherHosts: [host], config }))
  const owned = started.move()
  return { fake, stack, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

const json = async (response: Response): Promise<unknown> => {
  expect(response.status).toBe(200)
  return response.json()
}

const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]
const args = '{"n":12345678901234567890}'
const callF = (more: object = {}): object => ({
  model: 'llama3.2',
  messages: [{ role: 'user', content: `call f ${args}` }],
  tools,
  ...more,
})

describe("a server with OpenAI's API", () => {
  test('answers a chat, whole and streamed, with its own counts', async () => {
    await using rig = await startRig({ version: '0.11.0' })
    expect(await chat(rig.stack.url, { body })).toMatchObject({ status: 200, text: whole, end: 'length' })
    const asked = { ...body, stream_options: { include_usage: true } }
    const streamed = await streamChat(rig.stack.url, { body: asked })
    expect(streamed).toMatchObject({ status: 200, text: whole, end: 'length', done: true })
    expect(streamed.raw).toContain('"usage":{"prompt_tokens":1,"completion_tokens":41,"total_tokens":42}')
    expect(rig.fake.bodies[0]).toEqual({
      model: 'llama3.2',
      messages: [{ role: 'user', content: 'hi' }],
      seed: 7,
      max_tokens: 40,
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test('is asked with the key of the configuration, in probes too, and the key is shown nowhere', async () => {
    const apiKey = 'sk-of-the-host-0123456789'
    await using rig = await startRig({ apiKey })
    expect(await chat(rig.stack.url, { body })).toMatchObject({ status: 200, text: whole })
    expect([...rig.fake.authorizations]).toEqual([`Bearer ${apiKey}`])
    const pages = await Promise.all(
      [`${rig.stack.url}/health`, `${rig.stack.url}/config`, `${rig.stack.adminUrl}/admin/fleet`].map(async url =>
        (await fetch(url)).text(),
      ),
    )
    expect(pages.join('\n')).not.toContain('of-the-host')
  })

  test('that refuses the key is down, and says why', async () => {
    await using rig = await startRig({ apiKey: 'sk-of-the-host-0123456789' })
    rig.fake.apiKey = 'another'
    const reason = async (): Promise<unknown> => {
      const { hosts } = (await json(await fetch(`${rig.stack.adminUrl}/admin/fleet`))) as { hosts: object[] }
      return hosts[0]
    }
    await expect.poll(reason, { timeout: 5_000 }).toMatchObject({ up: false, reason: 'it refuses the API key' })
  })

  test('has its models listed and served under the names it gives them', async () => {
    await using rig = await startRig({ models: ['meta-llama/Llama-3.1-8B-Instruct', 'other'] })
    const list = (await json(await fetch(`${rig.stack.url}/v1/models`))) as { data: { id: string }[] }
    expect(list.data.map(({ id }) => id)).toEqual(['meta-llama/llama-3.1-8b-instruct', 'other'])
    const asked = { ...body, model: 'Meta-Llama/Llama-3.1-8B-Instruct' }
    expect(await chat(rig.stack.url, { body: asked })).toMatchObject({ status: 200, text: whole })
    expect(rig.fake.requests[0]?.model).toBe('meta-llama/Llama-3.1-8B-Instruct')
  })

  test('calls tools, whose arguments keep every digit, whole and streamed', async () => {
    await using rig = await startRig()
    const call = {
      id: expect.stringMatching(/^chatcmpl-tool-/),
      type: 'function',
      function: { name: 'f', arguments: args },
    }
    expect(await json(await postChat(rig.stack.url, callF()))).toMatchObject({
      choices: [{ message: { content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }],
    })
    const { chunks } = await readStream(await postChat(rig.stack.url, callF({ stream: true })))
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    expect(deltas.map(delta => delta.function.arguments).join('')).toBe(args)
  })

  test('gets the ids of calls that a client of Ollama does not give, and images with their types', async () => {
    await using rig = await startRig()
    const messages = [
      { role: 'user', content: 'look', images: ['iVBORw0KGgo='] },
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: { n: 1 } } }] },
      { role: 'tool', tool_name: 'f', content: '5' },
    ]
    await json(await post(`${rig.stack.url}/api/chat`, { model: 'llama3.2', messages, stream: false }))
    expect(rig.fake.bodies[0]?.['messages']).toMatchObject([
      { content: [{ type: 'text' }, { image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }] },
      { content: null, tool_calls: [{ id: 'call00001', function: { name: 'f', arguments: '{"n":1}' } }] },
      { tool_call_id: 'call00001', content: '5' },
    ])
  })

  test('thinks where it is asked to, and weighs its tokens', async () => {
    await using rig = await startRig()
    const asked = { model: 'llama3.2', messages: [{ role: 'user', content: 'hi' }], ...body }
    const more = { reasoning_effort: 'high', logprobs: true, top_logprobs: 2 }
    const answered = (await json(await postChat(rig.stack.url, { ...asked, ...more }))) as {
      choices: { message: object; logprobs: { content: object[] } }[]
    }
    expect(answered.choices[0]?.message).toMatchObject({
      content: whole,
      reasoning_content: thinkingTokens(7).join(''),
    })
    expect(answered.choices[0]?.logprobs.content).toHaveLength(40)
    expect(answered.choices[0]?.logprobs.content[0]).toMatchObject({ top_logprobs: [{}, {}] })
  })

  test('continues prompts, and gives embeddings in slices, as numbers or not', async () => {
    for (const vectors of ['base64', 'float'] as const) {
      await using rig = await startRig({ vectors })
      const completion = { model: 'llama3.2', prompt: 'once', ...body }
      expect(await json(await post(`${rig.stack.url}/v1/completions`, completion))).toMatchObject({
        choices: [{ text: whole, finish_reason: 'length' }],
      })
      const input = Array.from({ length: 130 }, (_, index) => `text ${index}`)
      const answered = (await json(
        await post(`${rig.stack.url}/v1/embeddings`, { model: 'llama3.2', input, dimensions: 8 }),
      )) as { data: { embedding: number[] }[]; usage: object }
      expect(answered.data.map(({ embedding: vector }) => vector)).toEqual(
        input.map(text => Array.from(Float32Array.from(embedding(text, 8)))),
      )
      expect(answered.usage).toMatchObject({ prompt_tokens: 260 })
      expect(rig.fake.requests.map(({ path }) => path)).toEqual(['/v1/completions', ...Array(3).fill('/v1/embeddings')])
    }
  })

  test('loads nothing, and says at once that what it lists is there', async () => {
    await using rig = await startRig()
    const load = { model: 'llama3.2', prompt: '', stream: false }
    const answered = await json(await post(`${rig.stack.url}/api/generate`, load))
    expect(answered).toMatchObject({ done: true, done_reason: 'load' })
    expect(rig.fake.requests).toEqual([])
  })

  test('may cut characters anywhere', async () => {
    await using rig = await startRig()
    rig.fake.faults.next({ kind: 'splitBytes' })
    expect(await streamChat(rig.stack.url, { body })).toMatchObject({ text: whole, end: 'length', done: true })
  })

  test('that does not end a stream holds its slot for a second, and the client for nothing', async () => {
    await using rig = await startRig({ lingers: true }, { slots: 1 })
    const startedMs = performance.now()
    expect(await streamChat(rig.stack.url, { body })).toMatchObject({ text: whole, done: true })
    expect(performance.now() - startedMs).toBeLessThan(900)
    expect(await streamChat(rig.stack.url, { body })).toMatchObject({ text: whole, done: true })
    expect(performance.now() - startedMs).toBeLessThan(5_000)
  })

  test('is left at once by a client that leaves', async () => {
    await using rig = await startRig({ tokenMs: 10, tokens: 10_000 })
    const leave = new AbortController()
    const onData = (): void => leave.abort()
    await streamChat(rig.stack.url, { signal: leave.signal, onData }).catch(() => {})
    const leftMs = performance.now()
    await rig.fake.waitFor(() => rig.fake.requests[0]?.outcome === 'aborted', 2_000)
    expect(performance.now() - leftMs).toBeLessThan(1_000)
  })
})

describe('what it gets wrong', () => {
  test.each([
    ['a 500', { kind: 'status', status: 500, body: '{"error":{"message":"CUDA out of memory"}}' }],
    ['an HTML 502', { kind: 'status', status: 502, body: '<html>' }],
    ['a redirect', { kind: 'status', status: 302, body: '' }],
    ['too many requests', { kind: 'busy' }],
    ['a reset', { kind: 'reset', afterTokens: 1 }],
    ['a clean end without an answer', { kind: 'eof', afterTokens: 1 }],
    ['garbage', { kind: 'garbage', afterTokens: 0 }],
    ['half a line', { kind: 'halfLine', afterTokens: 1 }],
    ['an error event', { kind: 'errorLine', afterTokens: 1, message: 'boom' }],
    ['a line of 2 MB', { kind: 'bigLine', bytes: 2_000_000, afterTokens: 1 }],
  ] as const)('before the first token nobody sees: %s', async (_name, fault) => {
    await using rig = await startRig()
    rig.fake.faults.next(fault)
    expect(await streamChat(rig.stack.url, { body })).toMatchObject({ status: 200, text: whole, done: true })
    expect(rig.fake.requests).toHaveLength(2)
  })

  test.each([
    ['a reset', { kind: 'reset', afterTokens: 10 }, 'upstream_lost'],
    ['a clean end', { kind: 'eof', afterTokens: 10 }, 'upstream_lost'],
    ['garbage', { kind: 'garbage', afterTokens: 10 }, 'upstream_lost'],
    ['an error event', { kind: 'errorLine', afterTokens: 10, message: 'out of memory' }, 'upstream_error'],
    ['a stall', { kind: 'stall', afterTokens: 10 }, 'upstream_lost'],
  ] as const)('after the first token is one error event: %s', async (_name, fault, code) => {
    await using rig = await startRig({ tokenMs: 20 }, { upstream: { idleTimeoutMs: 1_000 } })
    rig.fake.faults.next(fault)
    const result = await streamChat(rig.stack.url, { body })
    expect(result).toMatchObject({ status: 200, end: code, done: false })
    expect(result.text.length).toBeGreaterThan(0)
    expect(whole.startsWith(result.text)).toBe(true)
  })

  test.each([
    ['a prompt that is too long', { content: 'word '.repeat(20) }, 'context_length_exceeded'],
    ['what the model cannot do', { content: 'hi' }, 'model_unsupported'],
  ])('is not its fault: %s', async (_name, message, code) => {
    await using rig = await startRig({ contextTokens: 10 })
    if (code === 'model_unsupported')
      rig.fake.faults.next({ kind: 'status', status: 400, body: '{"error":{"message":"no tools here","code":400}}' })
    const messages = [{ role: 'user', ...message }]
    expect(await streamChat(rig.stack.url, { body: { messages } })).toMatchObject({ status: 400, end: code })
    expect(rig.fake.requests).toHaveLength(1)
  })

  test('a tool call that takes longer than the silence allowed is no silence', async () => {
    await using rig = await startRig({ tokenMs: 60 }, { upstream: { idleTimeoutMs: 1_000 } })
    const long = JSON.stringify({ text: 'x'.repeat(100) })
    const messages = [{ role: 'user', content: `call f ${long}` }]
    expect(await json(await postChat(rig.stack.url, callF({ messages })))).toMatchObject({
      choices: [{ message: { tool_calls: [{ function: { arguments: long } }] } }],
    })
  })

  test('an Ollama host of the same model makes good', async () => {
    await using fake = await startFakeOpenAi()
    await using stack = await startStack({ redisUrl, hosts: [{}], otherHosts: [{ type: 'openai', url: fake.url }] })
    fake.faults.every({ kind: 'status', status: 500, body: '' })
    const asked = Array.from({ length: 6 }, () => streamChat(stack.url, { body }))
    for (const result of await Promise.all(asked))
      expect(result).toMatchObject({ status: 200, text: whole, done: true })
    expect(fake.requests.length).toBeGreaterThan(0)
    expect(stack.hosts[0]?.requests).toHaveLength(6)
  })
})
