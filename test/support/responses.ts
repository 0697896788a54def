import { expect } from 'vitest'
import { post, sseBlocks, type PostInit } from './sse-client.ts'
import type { Stack } from './stack.ts'

/** /v1/responses as tests ask it, and its streams event by event. */

export interface ResponseObject {
  id: string
  status: string
  output: { id: string; type: string; status?: string; content?: { text: string }[]; name?: string }[]
  error: { code: string; message: string } | null
  incomplete_details: { reason: string } | null
  store: boolean
}

export interface ResponseEvent {
  type: string
  sequence_number: number
  response: ResponseObject
  item: ResponseObject['output'][number]
  item_id: string
  delta: string
  name: string
  arguments: string
}

export const postResponse = (stack: Stack, body: object, init?: PostInit): Promise<Response> =>
  post(`${stack.url}/v1/responses`, { model: 'llama3.2', input: 'hi', ...body }, init)

/** Of a request that succeeds. */
export const respond = async (stack: Stack, body: object = {}): Promise<ResponseObject> => {
  const response = await postResponse(stack, body)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  const object = (await response.json()) as ResponseObject
  expect(response.status, JSON.stringify(object)).toBe(200)
  return object
}

/** Its events as they come. Throws on anything that is neither an event nor a comment. */
export async function* responseEvents(response: Response): AsyncGenerator<ResponseEvent> {
  for await (const block of sseBlocks(response)) {
    if (block.startsWith(': ')) continue
    const [, type, json = ''] = /^event: ([a-z_.]+)\ndata: ([^\r\n]+)$/.exec(block) ?? []
    const event = JSON.parse(json) as ResponseEvent
    expect(event.type).toBe(type)
    yield event
  }
}

export const streamResponse = async (stack: Stack, body: object = {}): Promise<ResponseEvent[]> => {
  const response = await postResponse(stack, { ...body, stream: true })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  return Array.fromAsync(responseEvents(response))
}

export const textOf = ({ output }: ResponseObject): string =>
  output
    .filter(({ type }) => type === 'message')
    .flatMap(({ content }) => content ?? [])
    .map(({ text }) => text)
    .join('')
