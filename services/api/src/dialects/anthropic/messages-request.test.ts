import { readFileSync } from 'node:fs'
import { DroverError } from '@drover/shared/errors/drover-error'
import { modelRequest } from '@drover/shared/requests'
import { describe, expect, test } from 'vitest'
import type { ParsedRequest } from '../dialect.ts'
import { parseJson } from '../json.ts'
import { parseCount, parseMessages } from './messages-request.ts'

interface Fixture {
  accepted: { name: string; body: object; parsed: ParsedRequest }[]
  /** `set` on top of a healthy request, or a whole `body`. */
  refused: { set: object; body?: unknown; field: string; problem: string }[]
}

const file = new URL('fixtures/requests.json', import.meta.url)
const { accepted, refused } = parseJson(readFileSync(file, 'utf8')) as Fixture

const healthy = { model: 'm', max_tokens: 16, messages: [{ role: 'user', content: 'hi' }] }

const invalid = (params: object): unknown =>
  expect.objectContaining({ constructor: DroverError, code: 'invalid_request', params })

test.each(accepted)('$name', ({ body, parsed }) => {
  const got = parseMessages(body)
  expect(got).toEqual(parsed)
  expect(got.requests.map(request => modelRequest.parse(JSON.parse(JSON.stringify(request))))).toEqual(parsed.requests)
})

test.each(refused.map(({ set, body = { ...healthy, ...set }, ...expected }) => ({ body, ...expected })))(
  'refuses a request whose $field $problem',
  ({ body, field, problem }) => {
    expect(() => parseMessages(body)).toThrow(invalid({ field, problem }))
  },
)

test('a hundred thousand wrong messages are refused within a second', () => {
  const body = parseJson(`{"model":"m","max_tokens":1,"messages":[${'0,'.repeat(99_000)}0]}`)
  const startedAt = performance.now()
  expect(() => parseMessages(body)).toThrow(DroverError)
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})

test.each([
  [{}, false],
  [{ thinking: { type: 'disabled' }, output_config: { effort: 'max' } }, false],
  [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, true],
  [{ thinking: { type: 'adaptive' } }, true],
  [{ thinking: { type: 'between_tools' } }, true],
  [{ thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } }, 'medium'],
  [{ output_config: { effort: 'xhigh' } }, 'max'],
  [{ output_config: { effort: null } }, false],
])('%j is think %j', (set, think) => {
  expect(parseMessages({ ...healthy, ...set }).requests[0]).toMatchObject({ think })
})

describe('a request that is only to be counted', () => {
  test('reads like the one that is to be answered, and says nothing of the answer', () => {
    for (const { body } of accepted) {
      const { requests, model } = parseMessages(body)
      const { max_tokens: _, ...rest } = body as { max_tokens: unknown }
      expect(parseCount(rest)).toEqual({ model, request: { ...requests[0], options: {} } })
    }
  })

  test('names the field that is wrong', () => {
    expect(() => parseCount({ model: 'm' })).toThrow(invalid({ field: 'messages', problem: 'is required' }))
  })
})
