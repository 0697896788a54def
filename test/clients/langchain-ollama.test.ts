import { HumanMessage, type AIMessageChunk } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOllama, Ollama, OllamaEmbeddings } from '@langchain/ollama'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { answer, embedding, seedOf, thinkingTokens } from '../fakes/ollama/tokens.ts'
import { lastRequest, pixel } from '../support/host-request.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** LangChain with its Ollama models. */

const redisUrl = inject('redisUrl')

let stack: Stack

beforeAll(async () => {
  const capabilities = { llava: ['completion', 'vision'] }
  const hosts = [{ models: ['llama3.2', 'llava', 'nomic-embed-text'], capabilities, tokenMs: 1 }]
  stack = await startStack({ redisUrl, hosts })
})
afterAll(() => stack[Symbol.asyncDispose]())

type Fields = Partial<NonNullable<ConstructorParameters<typeof ChatOllama>[0]>>

const llama = (more: Fields = {}, { url }: Stack = stack): ChatOllama =>
  new ChatOllama({ baseUrl: url, model: 'llama3.2', maxRetries: 0, ...more })

const weather = tool(() => '31 °C', {
  name: 'weather',
  description: 'how warm it is',
  schema: z.object({ city: z.string() }),
})
const callWeather = 'call weather {"city":"Hà Nội"}'

const sum = (chunks: readonly AIMessageChunk[]): AIMessageChunk => chunks.reduce((whole, chunk) => whole.concat(chunk))

test('invoke() has the text, how it ended and what it cost, and the options reach the host', async () => {
  const message = await llama({ seed: 7, numPredict: 12, temperature: 0.5, topK: 3 }).invoke([
    ['system', 'be brief'],
    ['human', 'hi'],
  ])
  expect(message.text).toBe(answer(7, 12))
  expect(message.response_metadata).toMatchObject({ done: true, done_reason: 'length', eval_count: 12 })
  expect(message.usage_metadata).toMatchObject({ input_tokens: 3, output_tokens: 12, total_tokens: 15 })
  expect(lastRequest(stack)).toMatchObject({
    messages: [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: 'hi' },
    ],
    options: { seed: 7, num_predict: 12, temperature: 0.5, top_k: 3 },
  })
})

test('stream() gives the text in pieces, which add up with the usage', async () => {
  const chunks = await Array.fromAsync(await llama({ seed: 7 }).stream('hi'))
  expect(chunks.filter(({ text }) => text !== '').length).toBeGreaterThan(5)
  expect(sum(chunks).text).toBe(answer(7, 32))
  expect(sum(chunks).usage_metadata).toMatchObject({ input_tokens: 1, output_tokens: 32 })
})

test('while queued, stream() waits, and then has its answer', async () => {
  const config = { slots: 1, server: { headersAfterMs: 20, heartbeatMs: 100 } }
  await using own = await startStack({ redisUrl, config })
  const [host] = own.hosts
  host!.faults.next({ kind: 'stall', afterTokens: 0 })
  const leave = new AbortController()
  const running = fetch(`${own.url}/api/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'llama3.2', messages: [{ role: 'user', content: 'one' }] }),
    signal: leave.signal,
  }).catch(() => {})
  await host!.waitFor(() => host!.running === 1, 5_000)
  const queued = Array.fromAsync(await llama({ seed: 7 }, own).stream('hi'))
  leave.abort()
  await running
  expect(sum(await queued).text).toBe(answer(7, 32))
})

test('thoughts are told apart from the text', async () => {
  const message = await llama({ seed: 7, think: true }).invoke('hi')
  expect(message.additional_kwargs['reasoning_content']).toBe(thinkingTokens(7).join(''))
  expect(message.text).toContain(answer(7, 32))
})

test('an image reaches the model', async () => {
  const content = [
    { type: 'text', text: 'what is it?' },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
  ]
  await llama({ model: 'llava' }).invoke([new HumanMessage({ content })])
  expect(lastRequest(stack)['messages']).toEqual([
    { role: 'user', content: 'what is it?' },
    { role: 'user', content: '', images: [pixel] },
  ])
})

test('bindTools: a call, streamed and not, and the round trip with its result', async () => {
  const model = llama().bindTools([weather])
  const asked = new HumanMessage(callWeather)
  const whole = await model.invoke([asked])
  for (const message of [whole, sum(await Array.fromAsync(await model.stream([asked])))])
    expect(message.tool_calls).toMatchObject([
      { name: 'weather', args: { city: 'Hà Nội' }, id: expect.stringMatching(/./) },
    ])
  const last = await llama({ seed: 7 }).invoke([asked, whole, await weather.invoke(whole.tool_calls![0]!)])
  expect(last.text).toBe(answer(7, 32))
  expect(lastRequest(stack)['messages']).toMatchObject([
    { role: 'user', content: callWeather },
    { role: 'assistant', tool_calls: [{ function: { name: 'weather', arguments: { city: 'Hà Nội' } } }] },
    { role: 'tool', content: '31 °C' },
  ])
})

describe('withStructuredOutput', () => {
  const Plan = z.object({ name: z.string(), days: z.array(z.enum(['sat', 'sun'])) })

  test.each([
    ['jsonSchema', 'plan'],
    ['jsonMode', 'echo: {"name":"a","days":["sat"]}'],
    // This client binds the tool and leaves it to the model to call it.
    ['functionCalling', 'call plan {"name":"a","days":["sat"]}'],
  ] as const)('by %s gives an object that fits its schema', async (method, prompt) => {
    const model = llama().withStructuredOutput(Plan, { method, name: 'plan' })
    expect(Plan.parse(await model.invoke(prompt)).days).toEqual(['sat'])
  })
})

test('the text model answers a prompt, streamed and not', async () => {
  const model = new Ollama({ baseUrl: stack.url, model: 'llama3.2', numPredict: 12, maxRetries: 0 })
  const expected = answer(seedOf('hi'), 12)
  expect(await model.invoke('hi')).toBe(expected)
  expect((await Array.fromAsync(await model.stream('hi'))).join('')).toBe(expected)
})

test('embeddings come back in their order', async () => {
  const embeddings = new OllamaEmbeddings({
    baseUrl: stack.url,
    model: 'nomic-embed-text',
    dimensions: 16,
    maxRetries: 0,
  })
  const texts = ['a', 'b c', 'd']
  const vectors = await embeddings.embedDocuments(texts)
  for (const [index, text] of texts.entries()) {
    expect(vectors[index]).toHaveLength(16)
    for (const [at, value] of embedding(text, 16).entries()) expect(vectors[index]![at]).toBeCloseTo(value, 6)
  }
  expect(await embeddings.embedQuery('a')).toEqual(vectors[0])
})

describe('failures', () => {
  test('an unknown model is thrown with its status and its name', async () => {
    await expect(llama({ model: 'nope' }).invoke('hi')).rejects.toMatchObject({
      status_code: 404,
      error: expect.stringContaining('nope'),
    })
  })

  test('a model that is there is found, and one that is not is not pulled', async () => {
    await llama({ checkOrPullModel: true }).invoke('hi')
    await expect(llama({ model: 'nope', checkOrPullModel: true }).invoke('hi')).rejects.toMatchObject({
      status_code: 403,
    })
  })

  test.each(['errorLine', 'eof', 'reset'] as const)('a host that fails in mid-stream (%s) is thrown', async kind => {
    await using own = await startStack({ redisUrl, hosts: [{ tokenMs: 30 }] })
    const fault = kind === 'errorLine' ? { kind, afterTokens: 3, message: 'boom' } : { kind, afterTokens: 3 }
    own.hosts[0]!.faults.next(fault)
    let text = ''
    const reading = (async () => {
      for await (const chunk of await llama({ seed: 7 }, own).stream('hi')) text += chunk.text
    })()
    await expect(reading).rejects.toThrow(kind === 'errorLine' ? 'boom' : /./)
    expect(text).toBe(answer(7, 3))
  })

  test('aborting stops the host within a second', async () => {
    const [host] = stack.hosts
    const leave = new AbortController()
    host!.faults.next({ kind: 'delay', ms: 10 })
    const reading = (async () => {
      const stream = await llama({ numPredict: 100_000 }).stream('hi', { signal: leave.signal })
      for await (const { text } of stream) if (text !== '') leave.abort()
    })()
    await expect(reading).rejects.toThrow(/abort/i)
    await host!.waitFor(() => host!.requests.at(-1)!.outcome === 'aborted', 1_000)
  })
})
