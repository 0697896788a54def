import { ContextOverflowError } from '@langchain/core/errors'
import {
  HumanMessage,
  type ToolMessage,
  type AIMessage,
  type AIMessageChunk,
  type BaseMessage,
} from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI, OpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { answer, embedding, seedOf } from '../fakes/ollama/tokens.ts'
import { lastRequest, pixel } from '../support/host-request.ts'
import { sdkFetch } from '../support/sdk-fetch.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** LangChain with its OpenAI models, over chat completions and over responses. */

const redisUrl = inject('redisUrl')

let stack: Stack

beforeAll(async () => {
  const capabilities = { llava: ['completion', 'vision'] }
  const hosts = [{ models: ['llama3.2', 'llava', 'nomic-embed-text'], capabilities, tokenMs: 1 }]
  stack = await startStack({ redisUrl, hosts })
})
afterAll(() => stack[Symbol.asyncDispose]())

type Fields = NonNullable<ConstructorParameters<typeof ChatOpenAI>[0]>

const settings = ({ url }: Stack, fetch: typeof globalThis.fetch = globalThis.fetch) => ({
  model: 'llama3.2',
  apiKey: 'any',
  maxRetries: 0,
  configuration: { baseURL: `${url}/v1`, fetch },
})

/** Neither surface has a seed here: the stand-in takes one from the question. */
const seed = seedOf('hi')

const weather = tool(() => '31 °C', {
  name: 'weather',
  description: 'how warm it is',
  schema: z.object({ city: z.string() }),
})
const callWeather = 'call weather {"city":"Hà Nội"}'

const joined = async (stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> => {
  const chunks = await Array.fromAsync(stream)
  return chunks.reduce((whole, chunk) => whole.concat(chunk))
}

describe.each([false, true])('useResponsesApi: %s', useResponsesApi => {
  const llama = (more: Fields = {}, of = stack): ChatOpenAI =>
    new ChatOpenAI({ ...settings(of), useResponsesApi, ...more })

  test('invoke() has the text and what it cost', async () => {
    const message = await llama({ temperature: 0.5, maxTokens: 20 }).invoke([
      ['system', 'be brief'],
      ['human', 'hi'],
    ])
    expect(message.text).toBe(answer(seed, 20))
    expect(message.usage_metadata).toMatchObject({ input_tokens: 3, output_tokens: 20, total_tokens: 23 })
    expect(lastRequest(stack)).toMatchObject({
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hi' },
      ],
      options: { num_predict: 20, temperature: 0.5 },
    })
  })

  test('stream() gives the text in pieces, which add up with the usage', async () => {
    const chunks = await Array.fromAsync(await llama().stream('hi'))
    expect(chunks.filter(({ text }) => text !== '').length).toBeGreaterThan(5)
    const whole = chunks.reduce((sum, chunk) => sum.concat(chunk))
    expect(whole.text).toBe(answer(seed, 32))
    expect(whole.usage_metadata).toMatchObject({ input_tokens: 1, output_tokens: 32, total_tokens: 33 })
  })

  test('bindTools: a call, streamed and not, and the round trip with its result', async () => {
    const model = llama().bindTools([weather])
    const asked: BaseMessage = new HumanMessage(callWeather)
    const whole: AIMessage = await model.invoke([asked])
    const streamed = await joined(await model.stream([asked]))
    for (const message of [whole, streamed])
      expect(message.tool_calls).toMatchObject([
        { name: 'weather', args: { city: 'Hà Nội' }, id: expect.stringMatching(/./) },
      ])
    const [call] = whole.tool_calls!
    const result: ToolMessage = await weather.invoke(call!)
    const last = await llama().invoke([asked, whole, result, new HumanMessage('hi')])
    expect(last.text).toBe(answer(seed, 32))
    expect(lastRequest(stack)['messages']).toMatchObject([
      { role: 'user', content: callWeather },
      {
        role: 'assistant',
        tool_calls: [{ id: call!.id, function: { name: 'weather', arguments: { city: 'Hà Nội' } } }],
      },
      { role: 'tool', content: '31 °C', tool_name: 'weather', tool_call_id: call!.id },
      { role: 'user', content: 'hi' },
    ])
  })

  test('an image reaches the model', async () => {
    const content = [
      { type: 'text', text: 'what is it?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
    ]
    await llama({ model: 'llava' }).invoke([new HumanMessage({ content })])
    expect(lastRequest(stack)['messages']).toEqual([{ role: 'user', content: 'what is it?', images: [pixel] }])
  })

  const Plan = z.object({ name: z.string(), days: z.array(z.enum(['sat', 'sun'])) })

  test.each(['jsonSchema', 'functionCalling', 'jsonMode'] as const)(
    'withStructuredOutput by %s gives an object that fits its schema',
    async method => {
      const model = llama().withStructuredOutput(Plan, { method, name: 'plan' })
      // JSON mode knows no schema: what fits is the prompt's business.
      const plan = await model.invoke(method === 'jsonMode' ? 'echo: {"name":"a","days":["sat"]}' : 'plan')
      expect(Plan.parse(plan).days).toEqual(['sat'])
    },
  )

  test('a prompt longer than the context is a ContextOverflowError, and is not tried again', async () => {
    const message = 'request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it'
    const body = JSON.stringify({ error: { code: 400, message, type: 'exceed_context_size_error' } })
    stack.hosts[0]!.faults.next({ kind: 'status', status: 400, body: JSON.stringify({ error: body }) })
    const { answers, fetch } = sdkFetch()
    const tooLong = llama({ ...settings(stack, fetch), maxRetries: 2 }).invoke('hi')
    await expect(tooLong).rejects.toSatisfy(error => ContextOverflowError.isInstance(error))
    expect(answers.map(({ status }) => status)).toEqual([400])
  })

  test('an unknown model is thrown with its status and is not tried again', async () => {
    const { answers, fetch } = sdkFetch()
    const unknown = llama({ ...settings(stack, fetch), model: 'nope', maxRetries: 2 }).invoke('hi')
    await expect(unknown).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      lc_error_code: 'MODEL_NOT_FOUND',
    })
    expect(answers).toHaveLength(1)
  })

  test('a host that fails in mid-stream is thrown', async () => {
    await using own = await startStack({ redisUrl, hosts: [{ tokenMs: 30 }] })
    own.hosts[0]!.faults.next({ kind: 'errorLine', afterTokens: 3, message: 'boom' })
    let text = ''
    const reading = (async () => {
      for await (const chunk of await llama({}, own).stream('hi')) text += chunk.text
    })()
    await expect(reading).rejects.toThrow('boom')
    expect(text).toBe(answer(seed, 3))
  })

  test('aborting stops the host within a second', async () => {
    const [host] = stack.hosts
    const leave = new AbortController()
    host!.faults.next({ kind: 'stall', afterTokens: 3 })
    const reading = (async () => {
      for await (const { text } of await llama().stream('hi', { signal: leave.signal })) if (text !== '') leave.abort()
    })()
    await expect(reading).rejects.toThrow(/abort/i)
    await host!.waitFor(() => host!.requests.at(-1)!.outcome === 'aborted', 1_000)
  })
})

test('completions: n texts, a stop sequence, and a list of prompts', async () => {
  const model = new OpenAI({ ...settings(stack), n: 2, stop: ['END'] })
  const { generations } = await model.generate(['echo: one END', 'echo: two'])
  expect(generations.map(texts => texts.map(({ text }) => text))).toEqual([
    ['one ', 'one '],
    ['two', 'two'],
  ])
})

test('responses: a conversation goes on from the answer of before, by its id', async () => {
  const model = new ChatOpenAI({ ...settings(stack), useResponsesApi: true })
  const first = await model.invoke('echo: one')
  const { id } = first.response_metadata as { id: string }
  await model.invoke('hi', { previous_response_id: id })
  expect(lastRequest(stack)['messages']).toMatchObject([
    { role: 'user', content: 'echo: one' },
    { role: 'assistant', content: 'one' },
    { role: 'user', content: 'hi' },
  ])
})

test('embeddings come back in their order, over several batches', async () => {
  const embeddings = new OpenAIEmbeddings({ ...settings(stack), model: 'nomic-embed-text', batchSize: 2 })
  const texts = ['a', 'b c', 'd', 'e', 'f g h']
  const before = stack.hosts[0]!.requests.length
  const vectors = await embeddings.embedDocuments(texts)
  expect(stack.hosts[0]!.requests.length - before).toBe(3)
  for (const [index, text] of texts.entries())
    for (const [at, value] of embedding(text, 64).entries()) expect(vectors[index]![at]).toBeCloseTo(value, 6)
  expect(await embeddings.embedQuery('a')).toEqual(vectors[0])
})
