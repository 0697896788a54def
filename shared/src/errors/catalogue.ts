/**
 * Every refusal drover can give: HTTP status, the OpenAI `type`, and whether asking again may help.
 * `param`, `code` and the words are the dialect's business; the words live in `messages/<lang>.ts`.
 */
interface ErrorKind {
  readonly status: number
  readonly type: 'invalid_request_error' | 'authentication_error' | 'rate_limit_error' | 'server_error'
  /** Whether the same request may succeed later: clients are told to retry, or told not to. */
  readonly retryable: boolean
  /** Sent as `retry-after`, in seconds, where the raiser knows no better. SDKs obey 1 to 60. */
  readonly retryAfterS?: number
}

export const catalogue = {
  /** params: field (path or ''), problem (what would be right; English). */
  invalid_request: { status: 400, type: 'invalid_request_error', retryable: false },
  /** params: detail */
  invalid_json: { status: 400, type: 'invalid_request_error', retryable: false },
  content_policy_violation: { status: 400, type: 'invalid_request_error', retryable: false },
  /** params: model */
  model_not_found: { status: 404, type: 'invalid_request_error', retryable: false },
  /** For operators. params: host, detail */
  host_not_found: { status: 404, type: 'invalid_request_error', retryable: false },
  /** The model cannot do what was asked (tools, images). params: model, detail, field (a path; absent where only the host knows) */
  model_unsupported: { status: 400, type: 'invalid_request_error', retryable: false },
  /** An Ollama host would pass it on to ollama.com. params: model */
  cloud_model_refused: { status: 403, type: 'invalid_request_error', retryable: false },
  /** A route that would change which models the hosts have or hold. params: path */
  models_are_managed: { status: 403, type: 'invalid_request_error', retryable: false },
  /** A stored response of the caller. params: response (its id) */
  response_not_found: { status: 404, type: 'invalid_request_error', retryable: false },
  /** params: model */
  context_length_exceeded: { status: 400, type: 'invalid_request_error', retryable: false },
  /** params: path */
  route_not_found: { status: 404, type: 'invalid_request_error', retryable: false },
  /** params: method, allow */
  method_not_allowed: { status: 405, type: 'invalid_request_error', retryable: false },
  unsupported_media_type: { status: 415, type: 'invalid_request_error', retryable: false },
  /** params: maxBytes */
  body_too_large: { status: 413, type: 'invalid_request_error', retryable: false },
  invalid_api_key: { status: 401, type: 'invalid_request_error', retryable: false },
  /** params: model, waiting */
  queue_full: { status: 429, type: 'rate_limit_error', retryable: true, retryAfterS: 5 },
  /** It would wait too long to be answered before its own deadline. params: waitS (expected), retryAfterS */
  deadline_unreachable: { status: 429, type: 'rate_limit_error', retryable: true, retryAfterS: 5 },
  /** Nobody alive serves the model. params: model */
  no_healthy_backends: { status: 503, type: 'server_error', retryable: true, retryAfterS: 10 },
  /** Redis does not answer. */
  queue_unavailable: { status: 503, type: 'server_error', retryable: true, retryAfterS: 2 },
  /** The guard did not answer in time, and `enforce` lets nothing through unscanned. */
  guard_unavailable: { status: 503, type: 'server_error', retryable: true, retryAfterS: 5 },
  /** The request's own deadline passed. params: waitedS */
  deadline_exceeded: { status: 504, type: 'server_error', retryable: true, retryAfterS: 10 },
  /** Every host that was tried failed before the first token. params: model, attempts */
  upstream_failed: { status: 502, type: 'server_error', retryable: true, retryAfterS: 5 },
  /** The host, or the worker, was lost after the first token. */
  upstream_lost: { status: 502, type: 'server_error', retryable: true, retryAfterS: 1 },
  /** The host itself reported an error in mid-stream. params: detail */
  upstream_error: { status: 502, type: 'server_error', retryable: true, retryAfterS: 1 },
  /** The response log cannot be continued without a splice (Redis lost writes). */
  stream_lost: { status: 502, type: 'server_error', retryable: true, retryAfterS: 1 },
  shutting_down: { status: 503, type: 'server_error', retryable: true, retryAfterS: 2 },
  internal_error: { status: 500, type: 'server_error', retryable: true, retryAfterS: 1 },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof catalogue
export const errorCodes = Object.keys(catalogue) as [ErrorCode, ...ErrorCode[]]
export const errorKind = (code: ErrorCode): ErrorKind => catalogue[code]
