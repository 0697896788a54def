import { APICallError, embedMany, generateText, isStepCount, Output, streamText, tool } from 'ai'
import { createOllama } from 'ollama-ai-provider-v2'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { z } from 'zod'
import { answer, embedding, thinkingTokens } from '../fakes/ollama/tokens.ts'
import { lastRequest, pixel } from '../support/host-request.ts'
import { done, part, says } from '../support/host-script.ts'
import { startStack, type Stack } from '../support/stack.ts'

/**
 * The Vercel AI SDK with its provider for Ollama. What it cannot do with any Ollama is not asked of it here: it sends `temperature` and the like
 * where Ollama does not read them, and of streamed completions it takes only chunks that have a `context`, which is the last one.
 */

globalThis.AI_SDK_LOG_WARNINGS = false

let stack: Stack
let ollama: ReturnType<typeof createOllama>

beforeAll(async () => {
  const capabilities = { llava: ['completion', 'vision'] }
  const hosts = [{ models: ['llama3.2', 'llava', 'nomic-embed-text'], capabilities, tokenMs: 1 }]
  stack = await startStack({ redisUrl: inject('redisUrl'), hosts })
  ollama = createOllama({ baseURL: `${stack.url}/api` })
})
afterAll(() => stack[Symbol.asyncDispose]())

const options = (seed: number, more: object = {}) => ({ ollama: { options: { seed, ...more } } })

test('generateText has the text, how it ended and what it cost', async () => {
  const { text, finishReason, usage } = await generateText({
    model: ollama('llama3.2'),
    instructions: 'be brief',
    prompt: 'hi',
    providerOptions: options(7, { num_predict: 12 }),
  })
  expect([text, finishReason]).toEqual([answer(7, 12), 'length'])
  expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 12, totalTokens: 15 })
})

test('streamText gives the thoughts and the text', async () => {
  const request = { model: ollama('llama3.2'), prompt: 'hi', reasoning: 'low', providerOptions: options(7) } as const
  const result = streamText(request)
  const parts = await Array.fromAsync(result.stream)
  expect(await result.reasoningText).toBe(thinkingTokens(7).join(''))
  expect(await result.text).toBe(answer(7, 32))
  expect(parts.filter(({ type }) => type === 'text-delta').length).toBeGreaterThan(5)
  expect(parts.at(-1)).toMatchObject({ finishReason: 'stop', totalUsage: { inputTokens: 1, outputTokens: 36 } })
})

test.each([false, true])('a tool is run and its result answered: two steps; streamed: %s', async isStreamed => {
  const call = { function: { name: 'weather', arguments: { city: 'Hà Nội' } } }
  stack.hosts[0]!.faults.next(says(part({ tool_calls: [call] }), done()))
  const asked: unknown[] = []
  const weather = tool({
    inputSchema: z.object({ city: z.string() }),
    execute: input => {
      asked.push(input)
      return { celsius: 31 }
    },
  })
  const request = {
    model: ollama('llama3.2'),
    prompt: 'how warm is it?',
    tools: { weather },
    stopWhen: isStepCount(5),
    providerOptions: options(7),
  }
  const result = isStreamed ? streamText(request) : await generateText(request)
  expect((await result.steps).map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
  expect(asked).toEqual([{ city: 'Hà Nội' }])
  expect(await result.text).toBe(answer(7, 32))
  expect(lastRequest(stack)['messages']).toMatchObject([
    { role: 'user', content: 'how warm is it?' },
    { role: 'assistant', tool_calls: [{ function: { name: 'weather', arguments: { city: 'Hà Nội' } } }] },
    { role: 'tool', content: '{"celsius":31}' },
  ])
})

test('an object fits its schema, streamed and not', async () => {
  const schema = z.object({ name: z.string(), days: z.array(z.enum(['sat', 'sun'])) })
  const request = { model: ollama('llama3.2'), prompt: 'plan', output: Output.object({ schema }) }
  const { output } = await generateText(request)
  expect(schema.parse(output)).toMatchObject({ days: ['sat'] })
  expect(await streamText(request).output).toEqual(output)
})

test('an image reaches the model', async () => {
  const content = [
    { type: 'text' as const, text: 'what is it?' },
    { type: 'file' as const, mediaType: 'image/png', data: pixel },
  ]
  await generateText({ model: ollama('llava'), messages: [{ role: 'user', content }] })
  expect(lastRequest(stack)['messages']).toEqual([{ role: 'user', content: 'what is it?', images: [pixel] }])
})

test('embedMany gives a vector per value, and their tokens', async () => {
  const model = ollama.embeddingModel('nomic-embed-text')
  const { embeddings, usage } = await embedMany({ model, values: ['a', 'b c'] })
  expect(usage.tokens).toBe(3)
  for (const [index, text] of ['a', 'b c'].entries())
    for (const [at, value] of embedding(text, 64).entries()) expect(embeddings[index]![at]).toBeCloseTo(value, 6)
})

test('a refusal is an APICallError with its status, and is not tried again', async () => {
  const unknown = generateText({ model: ollama('nope'), prompt: 'hi' })
  await expect(unknown).rejects.toSatisfy(error => APICallError.isInstance(error))
  await expect(unknown).rejects.toMatchObject({
    statusCode: 404,
    isRetryable: false,
    responseBody: expect.stringContaining('nope'),
  })
})

test('a host that fails in mid-stream is not taken for one that has finished', async () => {
  // The provider drops the line with the error, and warns of it.
  using warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  await using own = await startStack({ redisUrl: inject('redisUrl'), hosts: [{ tokenMs: 30 }] })
  own.hosts[0]!.faults.next({ kind: 'errorLine', afterTokens: 3, message: 'boom' })
  const model = createOllama({ baseURL: `${own.url}/api` })('llama3.2')
  const result = streamText({ model, prompt: 'hi', providerOptions: options(7) })
  expect(await result.text).toBe(answer(7, 3))
  expect(await result.finishReason).toBe('other')
  expect(warn).toHaveBeenCalledOnce()
})

test('aborting stops the host within a second', async () => {
  const [host] = stack.hosts
  const leave = new AbortController()
  host!.faults.next({ kind: 'stall', afterTokens: 3 })
  const result = streamText({ model: ollama('llama3.2'), prompt: 'hi', abortSignal: leave.signal })
  for await (const { type } of result.stream) if (type === 'text-delta') leave.abort()
  await host!.waitFor(() => host!.requests.at(-1)!.outcome === 'aborted', 1_000)
})
