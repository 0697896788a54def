import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { embedMany, generateText, streamText, tool, type LanguageModel } from 'ai'
import { createOllama } from 'ollama-ai-provider-v2'
import { z } from 'zod'
import type { Flow, Target } from '../flow.ts'

/** Vercel's AI SDK, by each of its ways to such a server. */

const compatible = ({ url }: Target) =>
  createOpenAICompatible({ name: 'real', baseURL: `${url}/v1`, includeUsage: true })
const openai = ({ url }: Target) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none' })
const ollama = ({ url }: Target) => createOllama({ baseURL: `${url}/api` })

const settings = { prompt: 'hello', seed: 1, temperature: 0, topP: 1, maxOutputTokens: 16, maxRetries: 0 }

const whole = async (model: LanguageModel): Promise<unknown> => {
  const { text, finishReason, usage } = await generateText({ ...settings, model })
  return { text, finishReason, tokens: usage.outputTokens }
}

/** It hands on what it finds here, and nothing of its own settings. */
const providerOptions = { ollama: { options: { seed: 1, temperature: 0, num_predict: 16 } } }

const streamed = async (model: LanguageModel): Promise<unknown> => {
  const result = streamText({ ...settings, model, providerOptions })
  let text = ''
  for await (const part of result.textStream) text += part
  return { text, finishReason: await result.finishReason, tokens: (await result.usage).outputTokens }
}

const tools = {
  get_weather: tool({ inputSchema: z.object({ city: z.string(), days: z.int() }), execute: () => ({ celsius: 31 }) }),
}

const called = async (target: Target): Promise<unknown> => {
  if (target.models.tools === undefined) return undefined
  const model = compatible(target)(target.models.tools)
  const result = await generateText({ ...settings, maxOutputTokens: 100, model, tools, reasoning: 'none' })
  return { calls: result.toolCalls.map(({ toolName, input }) => ({ toolName, input })), finish: result.finishReason }
}

const embedded = async (target: Target): Promise<unknown> => {
  if (target.models.embedder === undefined) return undefined
  const model = compatible(target).embeddingModel(target.models.embedder)
  const { embeddings } = await embedMany({ model, values: ['a', 'b c'], maxRetries: 0 })
  return embeddings.map(vector => vector.map(value => value.toFixed(6)))
}

export const aiSdkFlows: readonly Flow[] = [
  { name: 'ai, openai-compatible', run: target => whole(compatible(target)(target.models.chat)) },
  { name: 'ai, openai-compatible, streamed', run: target => streamed(compatible(target)(target.models.chat)) },
  { name: 'ai, openai-compatible with a tool', run: called },
  { name: 'ai, openai-compatible embeddings', run: embedded },
  { name: 'ai, openai chat, streamed', run: target => streamed(openai(target).chat(target.models.chat)) },
  {
    name: 'ai, openai responses, streamed',
    differs: 'Ollama says "completed" of an answer that was cut short',
    run: target => streamed(openai(target).responses(target.models.chat)),
  },
  { name: 'ai, ollama provider, streamed', run: target => streamed(ollama(target)(target.models.chat)) },
]
