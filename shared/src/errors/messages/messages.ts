import type { ErrorCode } from '../catalogue.ts'

/** What a code's sentence may say, beside itself. `detail` is in somebody else's words: the host's, or the parser's. */
export const messageParams = {
  invalid_request: ['field', 'problem'],
  invalid_json: ['detail'],
  content_policy_violation: [],
  model_not_found: ['model'],
  host_not_found: ['host', 'detail'],
  model_unsupported: ['model', 'detail'],
  cloud_model_refused: ['model'],
  models_are_managed: ['path'],
  response_not_found: ['response'],
  context_length_exceeded: ['model'],
  route_not_found: ['path'],
  method_not_allowed: ['method', 'allow'],
  unsupported_media_type: [],
  body_too_large: ['maxBytes'],
  invalid_api_key: [],
  queue_full: ['model', 'waiting'],
  deadline_unreachable: ['waitS'],
  no_healthy_backends: ['model'],
  queue_unavailable: [],
  guard_unavailable: [],
  deadline_exceeded: ['waitedS'],
  upstream_failed: ['model', 'attempts'],
  upstream_lost: [],
  upstream_error: ['detail'],
  stream_lost: [],
  shutting_down: [],
  internal_error: [],
} as const satisfies Record<ErrorCode, readonly string[]>

/** All are text that is safe to insert, '' where the raiser gave none. */
export type MessageParams<C extends ErrorCode> = Readonly<Record<(typeof messageParams)[C][number], string>>

/**
 * One short, polite sentence per code, as one would say it in that language. Numbers stand where no grammar depends on them.
 * Clients look for some English phrases: `No healthy backends` (in English) and `maximum context length` (in all languages).
 */
export type Messages = { readonly [C in ErrorCode]: (params: MessageParams<C>) => string }

/** An addition that may be missing. */
export const inBrackets = (text: string): string => (text === '' ? '' : ` (${text})`)
