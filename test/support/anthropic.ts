import { expect } from 'vitest'
import { post, sseBlocks, type PostInit } from './sse-client.ts'
import type { Stack } from './stack.ts'

/** The tests' side of /v1/messages where the SDK hides it. */

interface Message {
  id: string
  content: { type: string; text?: string; thinking?: string; signature?: string; input?: unknown }[]
  stop_reason: string
  usage: { input_tokens: number; output_tokens: number }
}

interface Event {
  type: string
  index?: number
  message?: Message
  content_block?: { type: string; input?: object }
  delta?: { type?: string; text?: string; thinking?: string; partial_json?: string; stop_reason?: string }
  usage?: { input_tokens: number; output_tokens: number }
  error?: { type: string; message: string }
  request_id?: string
}

export const askMessage = (content: unknown, more: object = {}): object => ({
  model: 'llama3.2',
  max_tokens: 8,
  messages: [{ role: 'user', content }],
  ...more,
})

export const postMessage = (stack: Stack, body: object | string, init?: PostInit): Promise<Response> =>
  post(`${stack.url}/v1/messages`, body, init)

export const message = async (stack: Stack, body: object): Promise<Message> => {
  const response = await postMessage(stack, body)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  return (await response.json()) as Message
}

/** A stream's events, each under the name of its type, and what stood between them. */
export const streamMessage = async (stack: Stack, body: object): Promise<{ events: Event[]; comments: string[] }> => {
  const response = await postMessage(stack, { ...body, stream: true })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(response.headers.get('request-id')).toMatch(/^r_\w+$/)
  const events: Event[] = []
  const comments: string[] = []
  for await (const block of sseBlocks(response)) {
    if (block.startsWith(': ')) comments.push(block)
    else {
      const [name, data, ...more] = block.split('\n')
      const event = JSON.parse(data!.slice('data: '.length)) as Event
      expect([name, more]).toEqual([`event: ${event.type}`, []])
      events.push(event)
    }
  }
  return { events, comments }
}

export const expectAnthropicRefusal = async (
  response: Response,
  status: number,
  type: string,
  says = /./,
): Promise<void> => {
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  const requestId = response.headers.get('request-id')
  expect(requestId).toMatch(/^r_\w+$/)
  expect(response.headers.get('x-request-id')).toBe(requestId)
  expect(await response.json()).toEqual({
    type: 'error',
    error: { type, message: expect.stringMatching(says) },
    request_id: requestId,
  })
  expect(response.status).toBe(status)
}

/** What the first host was asked last. */
export const sent = (stack: Stack): Record<string, unknown> =>
  JSON.parse(stack.hosts[0]!.requests.at(-1)!.body) as Record<string, unknown>

export const weather = {
  name: 'weather',
  description: 'tells it',
  input_schema: { type: 'object', properties: { city: {} } },
}
