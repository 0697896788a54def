import { expect, test } from 'vitest'
import { refusal } from './openai-failure.ts'

const error = (message: string, more: object = {}): string => JSON.stringify({ error: { message, ...more } })

test.each([
  [400, error('x is wrong', { type: 'BadRequestError', code: 400 }), 'rejected', 'x is wrong'],
  [422, error('x is wrong'), 'rejected', 'x is wrong'],
  [413, '<html>', 'rejected', 'status 413'],
  [404, error('The model `m` does not exist.'), 'model_missing', 'The model `m` does not exist.'],
  [404, '{"object":"error","message":"no such model","code":404}', 'model_missing', 'no such model'],
  [404, '{"detail":"Not Found"}', 'model_missing', 'status 404'],
  [429, '{"error":"slow down"}', 'busy', 'slow down'],
  [503, error('Loading model', { type: 'unavailable_error', code: 503 }), 'busy', 'Loading model'],
  [401, error('Incorrect API key provided: sk-1234'), 'failed', 'it refuses the API key'],
  [403, '', 'failed', 'it refuses the API key'],
  [500, error('CUDA out of memory'), 'failed', 'CUDA out of memory'],
  [500, error('image input is not supported - hint: …'), 'unsupported', 'image input is not supported - hint: …'],
  [500, error('Unsupported param: suffix'), 'rejected', 'Unsupported param: suffix'],
  [400, error('m is not a multimodal model'), 'unsupported', 'm is not a multimodal model'],
  [500, error('tools param requires --jinja flag'), 'unsupported', 'tools param requires --jinja flag'],
  [501, error('This server does not support embeddings.'), 'unsupported', 'This server does not support embeddings.'],
  [502, '<html>bad gateway</html>', 'failed', 'status 502'],
  [302, '', 'failed', 'status 302'],
  [200, 'null', 'failed', 'status 200'],
])('an answer of %i with %s means %s: %s', (status, body, kind, detail) => {
  expect(refusal(status, body)).toMatchObject({ name: 'HostFailure', kind, detail })
})

test.each([
  ['by its words', error("This model's maximum context length is 4096 tokens."), 400],
  ['by its code', error('too many tokens', { code: 'context_length_exceeded' }), 400],
  ['by its type', error('too many tokens', { type: 'exceed_context_size_error' }), 400],
])('a prompt that is too long is known %s', (_name, body, status) => {
  expect(refusal(status, body).detail).toMatch(/context (length|size)/)
})
