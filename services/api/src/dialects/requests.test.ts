import { readFileSync } from 'node:fs'
import { DroverError } from '@drover/shared/errors/drover-error'
import { chatRequest } from '@drover/shared/queues'
import { describe, expect, test } from 'vitest'
import type { ParsedChat } from './dialect.ts'
import { parseJson } from './json.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'

interface Fixture {
  accepted: { name: string; body: unknown; parsed: ParsedChat }[]
  /** `set` on top of a healthy request, or a whole `body`. */
  refused: { set: object; body?: unknown; field: string; problem: string }[]
}

const healthy = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }

describe.each([
  ['openai', openai],
  ['ollama', ollama],
])('%s', (name, dialect) => {
  const file = new URL(`fixtures/${name}-requests.json`, import.meta.url)
  const { accepted, refused } = parseJson(readFileSync(file, 'utf8')) as Fixture

  test.each(accepted)('$name', ({ body, parsed }) => {
    const chat = dialect.parse(body)
    expect(chat).toEqual(parsed)
    expect(chatRequest.parse(JSON.parse(JSON.stringify(chat.request)))).toEqual(parsed.request)
  })

  test.each(refused.map(({ set, body = { ...healthy, ...set }, ...expected }) => ({ body, ...expected })))(
    'refuses a request whose $field $problem',
    ({ body, field, problem }) => {
      expect(() => dialect.parse(body)).toThrow(
        expect.objectContaining({ constructor: DroverError, code: 'invalid_request', params: { field, problem } }),
      )
    },
  )

  test('a hundred thousand wrong messages are refused within a second', () => {
    const body = parseJson(`{"model":"m","messages":[${'0,'.repeat(99_000)}0]}`)
    const startedAt = performance.now()
    expect(() => dialect.parse(body)).toThrow(DroverError)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
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
  expect(openai.parse({ ...healthy, reasoning_effort: effort }).request.think).toBe(think)
})
