import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, RetryError, streamText, type LanguageModel } from 'ai'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { answer, seedOf } from '../fakes/ollama/tokens.ts'
import { sdkFetch } from '../support/sdk-fetch.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** What the Vercel AI SDK makes of refusals, failures and leaving, by provider. */

globalThis.AI_SDK_LOG_WARNINGS = false
const redisUrl = inject('redisUrl')

interface Settings {
  readonly baseURL: string
  readonly apiKey: string
  readonly fetch?: typeof fetch
}

const providers: Record<string, (settings: Settings, model: string) => LanguageModel> = {
  'openai-compatible': (settings, model) => createOpenAICompatible({ name: 'drover', ...settings })(model),
  'openai, chat': (settings, model) => createOpenAI(settings).chat(model),
  'openai, responses': (settings, model) => createOpenAI(settings).responses(model),
}

/** The Responses API has no seed: the stand-in takes one from the question. */
const seed = seedOf('hi')

let stack: Stack

beforeAll(async () => {
  stack = await startStack({ redisUrl, hosts: [{ tokenMs: 1 }] })
})
afterAll(() => stack[Symbol.asyncDispose]())

describe.each(Object.entries(providers))('%s', (_, provider) => {
  const llama = ({ url }: Stack, more: Partial<Settings> = {}, model = 'llama3.2'): LanguageModel =>
    provider({ baseURL: `${url}/v1`, apiKey: 'any', ...more }, model)

  test('a refusal is an APICallError with its status and words, and is not tried again', async () => {
    const { answers, fetch } = sdkFetch()
    const unknown = generateText({ model: llama(stack, { fetch }, 'nope'), prompt: 'hi' })
    await expect(unknown).rejects.toSatisfy(error => APICallError.isInstance(error))
    await expect(unknown).rejects.toMatchObject({
      statusCode: 404,
      isRetryable: false,
      message: expect.stringContaining('nope'),
      data: { error: { code: 'model_not_found', type: 'invalid_request_error' } },
    })
    expect(answers).toHaveLength(1)
  })

  test('a model that nobody serves now is asked for again, then thrown as retryable', async () => {
    const config = { models: [{ name: 'llama3.2' }] }
    await using stack = await startStack({ redisUrl, absentHosts: 1, hosts: [], config })
    const { answers, fetch } = sdkFetch()
    const failed = generateText({ model: llama(stack, { fetch }), prompt: 'hi', maxRetries: 1 })
    await expect(failed).rejects.toSatisfy(error => RetryError.isInstance(error))
    await expect(failed).rejects.toMatchObject({ lastError: { statusCode: 503, isRetryable: true } })
    expect(answers.map(({ status }) => status)).toEqual([503, 503])
  })

  test.each(['errorLine', 'eof', 'reset'] as const)(
    'a host that fails in mid-stream (%s) ends it with one error part and finishReason error',
    async kind => {
      await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 30 }] })
      const fault = kind === 'errorLine' ? { kind, afterTokens: 3, message: 'boom' } : { kind, afterTokens: 3 }
      stack.hosts[0]!.faults.next(fault)
      const result = streamText({ model: llama(stack), prompt: 'hi', maxRetries: 0, onError: () => {} })
      const parts = await Array.fromAsync(result.stream)
      expect(parts.map(part => (part.type === 'text-delta' ? part.text : '')).join('')).toBe(answer(seed, 3))
      expect(parts.flatMap(part => (part.type === 'error' ? [part.error] : []))).toMatchObject([
        { message: expect.stringMatching(kind === 'errorLine' ? /boom/ : /./) },
      ])
      expect(await result.finishReason).toBe('error')
    },
  )

  test('an api that stops in mid-stream never looks like a clean end', async () => {
    const config = { server: { drainMs: 0 } }
    await using stack = await startStack({ redisUrl, config, hosts: [{ tokenMs: 30, tokens: 10_000 }] })
    const result = streamText({ model: llama(stack), prompt: 'hi', maxRetries: 0, onError: () => {} })
    let stopped: PromiseLike<void> | undefined
    const kinds: string[] = []
    for await (const { type } of result.stream) {
      kinds.push(type)
      if (type === 'text-delta') stopped ??= stack.services.api[Symbol.asyncDispose]()
    }
    await stopped
    expect(kinds).toContain('error')
    expect(kinds.includes('finish') ? await result.finishReason : 'error').toBe('error')
  })

  test('an answer that reaches its limit ends with finishReason length', async () => {
    const result = streamText({ model: llama(stack), prompt: 'hi', maxOutputTokens: 16 })
    expect(await result.text).toBe(answer(seed, 16))
    expect(await result.finishReason).toBe('length')
  })

  test('aborting stops the host within a second', async () => {
    const [host] = stack.hosts
    const leave = new AbortController()
    host!.faults.next({ kind: 'stall', afterTokens: 3 })
    const result = streamText({ model: llama(stack), prompt: 'hi', abortSignal: leave.signal })
    const kinds: string[] = []
    for await (const { type } of result.stream) {
      kinds.push(type)
      if (type === 'text-delta') leave.abort()
    }
    expect(kinds.at(-1)).toBe('abort')
    await host!.waitFor(() => host!.requests.at(-1)!.outcome === 'aborted', 1_000)
  })
})
