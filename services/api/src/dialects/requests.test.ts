import { readFileSync } from 'node:fs'
import { DroverError } from '@drover/shared/errors/drover-error'
import { modelRequest } from '@drover/shared/requests'
import { describe, expect, test } from 'vitest'
import type { ParsedRequest } from './dialect.ts'
import { parseJson } from './json.ts'
import { ollamaChat } from './ollama/chat.ts'
import { ollamaEmbed, ollamaEmbeddings } from './ollama/embed.ts'
import { ollamaGenerate } from './ollama/generate.ts'
import { openaiChat } from './openai/chat.ts'
import { openaiCompletions } from './openai/completions.ts'
import { openaiEmbeddings } from './openai/embeddings.ts'

interface Fixture {
  /** Absent: a minimal chat. */
  healthy?: object
  accepted: { name: string; body: unknown; parsed: ParsedRequest }[]
  /** `set` on top of a healthy request, or a whole `body`. */
  refused: { set: object; body?: unknown; field: string; problem: string }[]
}

const minimalChat = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }

describe.each([
  ['openai', openaiChat],
  ['openai-completions', openaiCompletions],
  ['openai-embeddings', openaiEmbeddings],
  ['ollama', ollamaChat],
  ['ollama-generate', ollamaGenerate],
  ['ollama-embed', ollamaEmbed],
  ['ollama-embeddings', ollamaEmbeddings],
])('%s', (name, dialect) => {
  const file = new URL(`fixtures/${name}-requests.json`, import.meta.url)
  const { healthy = minimalChat, accepted, refused } = parseJson(readFileSync(file, 'utf8')) as Fixture

  test.each(accepted)('$name', ({ body, parsed }) => {
    const chat = dialect.parse(body)
    expect(chat).toEqual(parsed)
    expect(chat.requests.map(request => modelRequest.parse(JSON.parse(JSON.stringify(request))))).toEqual(
      parsed.requests,
    )
  })

  test.each(refused.map(({ set, body = { ...healthy, ...set }, ...expected }) => ({ body, ...expected })))(
    'refuses a request whose $field $problem',
    ({ body, field, problem }) => {
      expect(() => dialect.parse(body)).toThrow(
        expect.objectContaining({ constructor: DroverError, code: 'invalid_request', params: { field, problem } }),
      )
    },
  )
})

test.each([
  ['messages', openaiChat],
  ['prompt', openaiCompletions],
  ['input', openaiEmbeddings],
  ['messages', ollamaChat],
  ['context', ollamaGenerate],
  ['input', ollamaEmbed],
])('a hundred thousand wrong %s are refused within a second', (field, dialect) => {
  const body = parseJson(`{"model":"m","prompt":"p","${field}":[${'0.5,'.repeat(99_000)}0.5]}`)
  const startedAt = performance.now()
  expect(() => dialect.parse(body)).toThrow(DroverError)
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})

test.each([
  ['none', false],
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'max'],
  ['max', 'max'],
])('reasoning_effort %s is think %s', (effort, think) => {
  expect(openaiChat.parse({ ...minimalChat, reasoning_effort: effort }).requests[0]).toMatchObject({ think })
})
