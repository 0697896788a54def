import OpenAI from 'openai'
import { expect } from 'vitest'
import { ask, postChat, readStream, type Chunk, type EventStream } from './sse-client.ts'
import type { Stack } from './stack.ts'

/** A stream from its first to its last byte, with the headers that every stream has. */
export const stream = async (stack: Stack, content: string, more: object = {}): Promise<EventStream> => {
  const response = await postChat(stack.url, ask(content, { stream: true, ...more }))
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(response.headers.get('cache-control')).toBe('no-cache')
  expect(response.headers.has('content-encoding')).toBe(false)
  return readStream(response)
}

export const finishes = (chunks: readonly Chunk[]): Chunk[] =>
  chunks.filter(chunk => chunk.choices.some(choice => choice.finish_reason !== null))

export const user = (content: string): { role: 'user'; content: string }[] => [{ role: 'user', content }]

export const openaiClient = (stack: Stack): OpenAI =>
  new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'any', maxRetries: 0 })
