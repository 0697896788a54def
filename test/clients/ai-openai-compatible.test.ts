import { createOpenAICompatible, type OpenAICompatibleProvider } from '@ai-sdk/openai-compatible'
import { embedMany, generateText, isStepCount, NoObjectGeneratedError, Output, streamText, tool } from 'ai'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { answer, embedding, thinkingTokens } from '../fakes/ollama/tokens.ts'
import { lastRequest, pixel } from '../support/host-request.ts'
import { done, part, says } from '../support/host-script.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** The Vercel AI SDK with its provider for whatever speaks OpenAI's chat completions. */

globalThis.AI_SDK_LOG_WARNINGS = false

let stack: Stack
let drover: OpenAICompatibleProvider

beforeAll(async () => {
  const capabilities = { llava: ['completion', 'vision'], plain: ['completion'] }
  const hosts = [{ models: ['llama3.2', 'llava', 'plain', 'nomic-embed-text'], capabilities, tokenMs: 1 }]
  stack = await startStack({ redisUrl: inject('redisUrl'), hosts })
  drover = provider()
})
afterAll(() => stack[Symbol.asyncDispose]())

type Settings = Partial<Parameters<typeof createOpenAICompatible>[0]>

const provider = (more: Settings = {}): OpenAICompatibleProvider =>
  createOpenAICompatible({
    name: 'drover',
    baseURL: `${stack.url}/v1`,
    apiKey: 'any',
    includeUsage: true,
    supportsStructuredOutputs: true,
    ...more,
  })

const weather = (asked: unknown[] = []) =>
  tool({
    inputSchema: z.object({ city: z.string() }),
    execute: input => {
      asked.push(input)
      return { celsius: 31 }
    },
  })

/** The next answer calls the tool; the ones after it are the stand-in's own. */
const callNext = (name: string, args: object): void =>
  stack.hosts[0]!.faults.next(says(part({ tool_calls: [{ function: { name, arguments: args } }] }), done()))

describe('text', () => {
  test('generateText has the text, how it ended, what it cost, and the request’s id', async () => {
    const { text, finishReason, usage, response, warnings } = await generateText({
      model: drover('llama3.2'),
      instructions: 'be brief',
      prompt: 'hi',
      seed: 7,
      maxOutputTokens: 12,
      temperature: 0.5,
      stopSequences: ['END'],
    })
    expect([text, finishReason, warnings]).toEqual([answer(7, 12), 'length', []])
    expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 12, totalTokens: 15 })
    expect(response.headers!['x-request-id']).toMatch(/^r_/)
    expect(response.modelId).toBe('llama3.2')
    expect(lastRequest(stack)).toMatchObject({
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hi' },
      ],
      options: { seed: 7, num_predict: 12, temperature: 0.5, stop: ['END'] },
    })
  })

  test('streamText gives its parts in order: thoughts, then text, then the end with the usage', async () => {
    const result = streamText({ model: drover('llama3.2'), prompt: 'hi', seed: 7, reasoning: 'low' })
    const parts = await Array.fromAsync(result.stream)
    const kinds = parts.map(({ type }) => type)
    expect(kinds.filter((kind, at) => kind !== kinds[at - 1])).toEqual([
      'start',
      'start-step',
      'reasoning-start',
      'reasoning-delta',
      'reasoning-end',
      'text-start',
      'text-delta',
      'text-end',
      'finish-step',
      'finish',
    ])
    expect(await result.reasoningText).toBe(thinkingTokens(7).join(''))
    expect(await result.text).toBe(answer(7, 32))
    expect(kinds.filter(kind => kind === 'text-delta').length).toBeGreaterThan(5)
    expect(parts.at(-1)).toMatchObject({ finishReason: 'stop', totalUsage: { inputTokens: 1, outputTokens: 36 } })
  })

  test('a wish for thoughts is no error for a model that has none', async () => {
    const { text, reasoningText, response } = await generateText({
      model: drover('plain'),
      prompt: 'hi',
      seed: 7,
      reasoning: 'high',
    })
    expect([text, reasoningText]).toEqual([answer(7, 32), undefined])
    expect(response.headers!['x-drover-adjusted']).toBe('think')
  })

  test('an image reaches a model that sees, and is refused for one that does not', async () => {
    const messages = [
      {
        role: 'user' as const,
        content: [
          { type: 'text' as const, text: 'what is it?' },
          { type: 'file' as const, mediaType: 'image/png', data: Buffer.from(pixel, 'base64') },
        ],
      },
    ]
    await generateText({ model: drover('llava'), messages })
    expect(lastRequest(stack)['messages']).toEqual([{ role: 'user', content: 'what is it?', images: [pixel] }])
    const refused = generateText({ model: drover('plain'), messages })
    await expect(refused).rejects.toMatchObject({ statusCode: 400, data: { error: { code: 'model_unsupported' } } })
  })
})

describe('tools', () => {
  test('generateText runs a tool and goes on to a text: two steps', async () => {
    callNext('weather', { city: 'Hà Nội' })
    const asked: unknown[] = []
    const { steps, text, totalUsage } = await generateText({
      model: drover('llama3.2'),
      prompt: 'how warm is it?',
      seed: 7,
      tools: { weather: weather(asked) },
      stopWhen: isStepCount(5),
    })
    expect(asked).toEqual([{ city: 'Hà Nội' }])
    expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
    expect(text).toBe(answer(7, 32))
    expect(totalUsage.outputTokens).toBe(32)
    expect(lastRequest(stack)['messages']).toMatchObject([
      { role: 'user', content: 'how warm is it?' },
      { role: 'assistant', tool_calls: [{ function: { name: 'weather', arguments: { city: 'Hà Nội' } } }] },
      { role: 'tool', content: '{"celsius":31}', tool_name: 'weather' },
    ])
  })

  test('streamText streams two calls side by side, each with its own input', async () => {
    const result = streamText({
      model: drover('llama3.2'),
      prompt: 'call weather {"city":"Hà Nội"}\ncall weather {"city":"Huế"}',
      tools: { weather: weather() },
    })
    const parts = await Array.fromAsync(result.stream)
    const ids = parts.flatMap(each => (each.type === 'tool-input-start' ? each.id : []))
    expect(new Set(ids).size).toBe(2)
    const inputs = parts.flatMap(each => (each.type === 'tool-call' ? [each.input] : []))
    expect(inputs).toEqual([{ city: 'Hà Nội' }, { city: 'Huế' }])
    expect(await result.finishReason).toBe('tool-calls')
  })

  test.each(['required', { type: 'tool', toolName: 'weather' }] as const)(
    'toolChoice %j always gives a call',
    async toolChoice => {
      const { toolCalls } = await generateText({
        model: drover('llama3.2'),
        prompt: 'hi',
        tools: { weather: weather() },
        toolChoice,
      })
      expect(toolCalls).toMatchObject([{ toolName: 'weather', input: { city: expect.any(String) } }])
    },
  )
})

describe('objects', () => {
  const schema = z.object({ name: z.string(), days: z.array(z.enum(['sat', 'sun'])) })

  test('generateText gives an object that fits its schema', async () => {
    const { output } = await generateText({
      model: drover('llama3.2'),
      prompt: 'plan',
      output: Output.object({ schema }),
    })
    expect(schema.parse(output)).toMatchObject({ days: ['sat'] })
    expect(lastRequest(stack)['format']).toMatchObject({ type: 'object', required: ['name', 'days'] })
  })

  test('streamText gives the object as it grows', async () => {
    const result = streamText({ model: drover('llama3.2'), prompt: 'plan', output: Output.object({ schema }) })
    const partials = await Array.fromAsync(result.partialOutputStream)
    expect(partials.length).toBeGreaterThan(2)
    expect(await result.output).toEqual(partials.at(-1))
  })

  test('without structured outputs the provider falls back on JSON mode', async () => {
    const model = provider({ supportsStructuredOutputs: false })('llama3.2')
    const fallback = generateText({
      model,
      prompt: 'echo: {"name":"a","days":["sun"]}',
      output: Output.object({ schema }),
    })
    expect((await fallback).output).toEqual({ name: 'a', days: ['sun'] })
    expect(lastRequest(stack)['format']).toBe('json')
  })

  test('an object that is cut short is the SDK’s own error, with the reason', async () => {
    const cut = generateText({
      model: drover('llama3.2'),
      prompt: 'plan',
      output: Output.object({ schema }),
      maxOutputTokens: 2,
    }).then(({ output }) => output)
    await expect(cut).rejects.toSatisfy(error => NoObjectGeneratedError.isInstance(error))
    await expect(cut).rejects.toMatchObject({ finishReason: 'length' })
  })
})

test('embedMany gives a vector per value, and their tokens', async () => {
  const { embeddings, usage } = await embedMany({
    model: drover.embeddingModel('nomic-embed-text'),
    values: ['a', 'b c'],
  })
  expect(usage.tokens).toBe(3)
  for (const [index, text] of ['a', 'b c'].entries())
    for (const [at, value] of embedding(text, 64).entries()) expect(embeddings[index]![at]).toBeCloseTo(value, 6)
})

test('the older completions give the same text, streamed and not', async () => {
  const model = drover.completionModel('llama3.2')
  const whole = await generateText({ model, prompt: 'hi', seed: 7, maxOutputTokens: 5 })
  const streamed = streamText({ model, prompt: 'hi', seed: 7, maxOutputTokens: 5 })
  expect([whole.text, whole.finishReason]).toEqual([answer(7, 5), 'length'])
  expect([await streamed.text, await streamed.finishReason]).toEqual([answer(7, 5), 'length'])
})
