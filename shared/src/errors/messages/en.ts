import { inBrackets, type Messages } from './messages.ts'

export const en = {
  invalid_request: ({ field, problem }) =>
    field === '' ? `Invalid request: ${problem}` : `Invalid value for '${field}': ${problem}`,
  invalid_json: ({ detail }) => `The request body is not valid JSON${inBrackets(detail)}.`,
  content_policy_violation: () => 'The content was blocked by the content policy of this service.',
  model_not_found: ({ model }) => `Model '${model}' not found.`,
  host_not_found: ({ host, detail }) => `There is no host '${host}'${inBrackets(detail)}.`,
  model_unsupported: ({ model, detail }) => `Model '${model}' does not support this request${inBrackets(detail)}.`,
  cloud_model_refused: ({ model }) => `Model '${model}' runs in a cloud and is not offered here.`,
  models_are_managed: ({ path }) => `'${path}' is not offered: models are managed by the operator of this service.`,
  response_not_found: ({ response }) => `There is no response '${response}'.`,
  context_length_exceeded: ({ model }) =>
    `The input is longer than the maximum context length of model '${model}'. Please shorten it.`,
  route_not_found: ({ path }) => `There is nothing at '${path}'.`,
  method_not_allowed: ({ method, allow }) => `Method ${method} is not allowed here. Allowed: ${allow}.`,
  unsupported_media_type: () => 'Please send the request body as application/json.',
  body_too_large: ({ maxBytes }) => `The request body is too large. Allowed are at most ${maxBytes} bytes.`,
  invalid_api_key: () => 'The API key is missing or not valid.',
  queue_full: ({ model, waiting }) =>
    `Too many requests are waiting for model '${model}'${inBrackets(waiting)}. Please try again later.`,
  deadline_unreachable: ({ waitS }) =>
    `The request could not be answered before its deadline (expected wait: ${waitS} s). Please try again later.`,
  no_healthy_backends: ({ model }) => `No healthy backends for model '${model}'. Please try again in a moment.`,
  queue_unavailable: () => 'The service is temporarily unavailable. Please try again in a moment.',
  guard_unavailable: () => 'The content check did not answer in time. Please try again in a moment.',
  deadline_exceeded: ({ waitedS }) =>
    `The request could not be completed in time (${waitedS} s). Please try again later.`,
  upstream_failed: ({ model, attempts }) =>
    `Model '${model}' gave no answer (attempts: ${attempts}). Please try again in a moment.`,
  upstream_lost: () => 'The connection to the model was lost before the answer was complete. Please try again.',
  upstream_error: ({ detail }) =>
    `The model failed before the answer was complete${inBrackets(detail)}. Please try again.`,
  stream_lost: () => 'Part of the answer was lost. Please try again.',
  shutting_down: () => 'The service is restarting. Please try again in a moment.',
  internal_error: () => 'Something went wrong on our side. Please try again.',
} satisfies Messages
