import { createOpenAI, type OpenAIProvider } from '@ai-sdk/openai'
import { embed, generateText, isStepCount, Output, streamText, tool, type LanguageModel } from 'ai'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { answer, seedOf, thinkingTokens } from '../fakes/ollama/tokens.ts'
import { lastRequest, pixel } from '../support/host-request.ts'
import { done, part, says } from '../support/host-script.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** The Vercel AI SDK with OpenAI's own provider: chat completions, and responses, which are its default. */

globalThis.AI_SDK_LOG_WARNINGS = false

let stack: Stack
let openai: OpenAIProvider

beforeAll(async () => {
  const capabilities = { llava: ['completion', 'vision'] }
  const hosts = [{ models: ['llama3.2', 'llava', 'nomic-embed-text'], capabilities, tokenMs: 1 }]
  stack = await startStack({ redisUrl: inject('redisUrl'), hosts })
  openai = createOpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'any' })
})
afterAll(() => stack[Symbol.asyncDispose]())

/** The Responses API has no seed: the stand-in takes one from the question. */
const seed = seedOf('hi')

const callNext = (name: string, args: object): void =>
  stack.hosts[0]!.faults.next(says(part({ tool_calls: [{ function: { name, arguments: args } }] }), done()))

describe.each(['chat', 'responses'] as const)('%s', surface => {
  const llama = (): LanguageModel => openai[surface]('llama3.2')

  test('generateText has the text, how it ended, what it cost, and the request’s id', async () => {
    const { text, finishReason, usage, response } = await generateText({
      model: llama(),
      instructions: 'be brief',
      prompt: 'hi',
      maxOutputTokens: 20,
      temperature: 0.5,
    })
    expect([text, finishReason]).toEqual([answer(seed, 20), 'length'])
    expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 20, totalTokens: 23 })
    expect(response.headers!['x-request-id']).toMatch(/^r_/)
    expect(lastRequest(stack)).toMatchObject({
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hi' },
      ],
      options: { num_predict: 20, temperature: 0.5 },
    })
  })

  test('streamText gives the text in pieces, and one end with the usage', async () => {
    const result = streamText({ model: llama(), prompt: 'hi' })
    const parts = await Array.fromAsync(result.stream)
    const kinds = parts.map(({ type }) => type)
    expect(kinds.filter((kind, at) => kind !== kinds[at - 1])).toEqual([
      'start',
      'start-step',
      'text-start',
      'text-delta',
      'text-end',
      'finish-step',
      'finish',
    ])
    expect(kinds.filter(kind => kind === 'text-delta').length).toBeGreaterThan(5)
    expect(await result.text).toBe(answer(seed, 32))
    expect(parts.at(-1)).toMatchObject({ finishReason: 'stop', totalUsage: { inputTokens: 1, outputTokens: 32 } })
  })

  test.each([false, true])('a tool is run and its result answered: two steps; streamed: %s', async isStreamed => {
    callNext('weather', { city: 'Hà Nội' })
    const asked: unknown[] = []
    const weather = tool({
      inputSchema: z.object({ city: z.string() }),
      execute: input => {
        asked.push(input)
        return { celsius: 31 }
      },
    })
    const request = { model: llama(), prompt: 'hi', tools: { weather }, stopWhen: isStepCount(5) }
    const result = isStreamed ? streamText(request) : await generateText(request)
    const steps = await result.steps
    expect(asked).toEqual([{ city: 'Hà Nội' }])
    expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
    expect(await result.text).toBe(answer(seed, 32))
    expect(lastRequest(stack)['messages']).toMatchObject([
      { role: 'user', content: 'hi' },
      { role: 'assistant', tool_calls: [{ function: { name: 'weather', arguments: { city: 'Hà Nội' } } }] },
      { role: 'tool', content: '{"celsius":31}', tool_name: 'weather' },
    ])
  })

  test('toolChoice with a tool’s name always gives its call', async () => {
    const weather = tool({ inputSchema: z.object({ city: z.string() }), execute: () => ({}) })
    const tools = { weather }
    const toolChoice = { type: 'tool', toolName: 'weather' } as const
    const { toolCalls } = await generateText({ model: llama(), prompt: 'hi', tools, toolChoice })
    expect(toolCalls).toMatchObject([{ toolName: 'weather', input: { city: expect.any(String) } }])
  })

  test('an object fits its schema, streamed and not', async () => {
    const schema = z.object({ name: z.string(), days: z.array(z.enum(['sat', 'sun'])) })
    const request = { model: llama(), prompt: 'plan', output: Output.object({ schema }) }
    const { output } = await generateText(request)
    expect(schema.parse(output)).toMatchObject({ days: ['sat'] })
    expect(lastRequest(stack)['format']).toMatchObject({ type: 'object', required: ['name', 'days'] })
    const streamed = streamText(request)
    expect((await Array.fromAsync(streamed.partialOutputStream)).at(-1)).toEqual(output)
  })

  test('log probabilities of every token, the alternatives with them, streamed and not', async () => {
    const request = { model: llama(), prompt: 'hi', maxOutputTokens: 16, providerOptions: { openai: { logprobs: 2 } } }
    const whole = await generateText(request)
    for (const { providerMetadata } of [whole, await streamText(request).finalStep]) {
      const weights = [providerMetadata!['openai']!['logprobs']].flat(2) as { token: string; top_logprobs: unknown[] }[]
      expect(weights.map(({ token }) => token).join('')).toBe(answer(seed, 16))
      expect(weights.every(({ top_logprobs: top }) => top.length === 2)).toBe(true)
    }
  })

  test('an image reaches the model', async () => {
    const content = [
      { type: 'text' as const, text: 'what is it?' },
      { type: 'file' as const, mediaType: 'image/png', data: Buffer.from(pixel, 'base64') },
    ]
    await generateText({ model: openai[surface]('llava'), messages: [{ role: 'user', content }] })
    expect(lastRequest(stack)['messages']).toEqual([{ role: 'user', content: 'what is it?', images: [pixel] }])
  })
})

describe('responses only', () => {
  test('thoughts come before the text, streamed and not', async () => {
    const providerOptions = { openai: { forceReasoning: true } }
    const request = { model: openai.responses('llama3.2'), prompt: 'hi', reasoning: 'low', providerOptions } as const
    const whole = await generateText(request)
    const streamed = streamText(request)
    const thoughts = thinkingTokens(seed).join('')
    expect([whole.reasoningText, whole.text]).toEqual([thoughts, answer(seed, 32)])
    expect([await streamed.reasoningText, await streamed.text]).toEqual([thoughts, answer(seed, 32)])
  })

  test.each([true, false])('a conversation goes on from its messages; kept here: %s', async store => {
    const options = { openai: { store, forceReasoning: true } }
    const model = openai.responses('llama3.2')
    const first = await generateText({ model, prompt: 'echo: one', reasoning: 'low', providerOptions: options })
    const messages = [
      { role: 'user' as const, content: 'echo: one' },
      ...first.responseMessages,
      { role: 'user' as const, content: 'hi' },
    ]
    const second = await generateText({ model, messages, providerOptions: options })
    expect(second.text).toBe(answer(seed, 32))
    expect(lastRequest(stack)['messages']).toMatchObject([
      { role: 'user', content: 'echo: one' },
      { role: 'assistant', content: 'one' },
      { role: 'user', content: 'hi' },
    ])
  })

  test('previousResponseId goes on from an answer without saying it again', async () => {
    const model = openai.responses('llama3.2')
    const first = await generateText({ model, prompt: 'echo: one' })
    const previousResponseId = first.response.id
    await generateText({ model, prompt: 'hi', providerOptions: { openai: { previousResponseId } } })
    expect(lastRequest(stack)['messages']).toMatchObject([
      { role: 'user', content: 'echo: one' },
      { role: 'assistant', content: 'one' },
      { role: 'user', content: 'hi' },
    ])
  })
})

test('embed gives a vector', async () => {
  const { embedding, usage } = await embed({ model: openai.embedding('nomic-embed-text'), value: 'a b' })
  expect(embedding).toHaveLength(64)
  expect(usage.tokens).toBe(2)
})
