import { expect } from 'vitest'
import { lines } from './sse-client.ts'

export type Line = Record<string, unknown>

/** Every line of an Ollama stream. Throws on one that is blank, or not JSON. */
export const readLines = async (response: Response): Promise<Line[]> => {
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  const all: Line[] = []
  for await (const line of lines(response)) all.push(JSON.parse(line) as Line)
  return all
}

/** What the last line of every answer says of its cost. */
export const metrics = [
  'total_duration',
  'load_duration',
  'prompt_eval_count',
  'prompt_eval_duration',
  'eval_count',
  'eval_duration',
]

/** Status and body of what has to be JSON whatever was asked for. */
export const jsonOf = async (response: Promise<Response>): Promise<[number, unknown]> => {
  const { status, headers } = await response
  expect(headers.get('content-type')).toMatch(/^application\/json/)
  return [status, await (await response).json()]
}

/** A refusal in Ollama's envelope: one sentence and nothing else. */
export const sentence = (pattern: RegExp = /./): object => ({ error: expect.stringMatching(pattern) })
