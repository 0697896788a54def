import type { Problem } from '@drover/shared/errors/problem'
import { z } from 'zod'

export const anthropicErrorBody = z
  .object({
    type: z.literal('error'),
    error: z.object({ type: z.string(), message: z.string() }),
    request_id: z.string(),
  })
  .meta({ id: 'AnthropicError' })

const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** Anthropic's envelope. It has no place for the code or the field: the message says what is wrong and where. */
export const anthropicError = (problem: Problem, requestId: string): object => ({
  type: 'error',
  error: { type: typeOf(problem), message: messageOf(problem) },
  request_id: requestId,
})

const typeOf = ({ status }: Problem): string => types[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')

/** Clients look for Anthropic's own words, whatever the language, and then shorten the conversation. */
const messageOf = ({ code, message }: Problem): string =>
  code === 'context_length_exceeded' ? `prompt is too long: ${message}` : message
