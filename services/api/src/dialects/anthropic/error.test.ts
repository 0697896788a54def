import { errorCodes } from '@drover/shared/errors/catalogue'
import { problemOf } from '@drover/shared/errors/problem'
import { languages } from '@drover/shared/language'
import { expect, test } from 'vitest'
import { anthropicError } from './error.ts'

test('the envelope has the type of the status and the id of the request', () => {
  const types = new Map([
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
    [429, 'rate_limit_error'],
    [503, 'overloaded_error'],
    [504, 'timeout_error'],
  ])
  for (const code of errorCodes) {
    const refused = problemOf(code, {}, 'en')
    const type = types.get(refused.status) ?? (refused.status < 500 ? 'invalid_request_error' : 'api_error')
    expect(anthropicError(refused, 'r9')).toMatchObject({
      type: 'error',
      error: { type, message: expect.stringContaining(refused.message) },
      request_id: 'r9',
    })
  }
})

test('of a prompt that is too long, Anthropic’s words come before those of the language', () => {
  for (const lang of languages) {
    const problem = problemOf('context_length_exceeded', { model: 'm' }, lang)
    expect(anthropicError(problem, 'r9')).toMatchObject({
      error: { message: `prompt is too long: ${problem.message}` },
    })
  }
  const other = problemOf('model_not_found', { model: 'm' }, 'en')
  expect(anthropicError(other, 'r9')).toMatchObject({ error: { message: other.message } })
})
