import { describe, expect, test } from 'vitest'
import { HostFailure } from './host-failure.ts'
import { refusal } from './ollama-refusal.ts'

describe('an answer that is not 200', () => {
  test.each([
    [503, '{"error":"server busy, please try again.  maximum pending requests exceeded"}', 'busy'],
    [404, '{"error":"model \'x\' not found"}', 'model_missing'],
    [400, '{"error":"x does not support tools"}', 'unsupported'],
    [400, '{"error":"this model does not support embeddings"}', 'unsupported'],
    [400, '{"error":"the input length exceeds the context length"}', 'rejected'],
    [413, '<html>', 'rejected'],
    [501, '{"error":"This server does not support embeddings."}', 'unsupported'],
    [429, '', 'busy'],
    [404, '{"error":"model \\"x\\" not found, try pulling it first"}', 'model_missing'],
    [500, '{"error":"option \\"seed\\" must be of type integer"}', 'rejected'],
    [500, '{"error":"option \\"stop\\" must be of an array of strings"}', 'rejected'],
    [500, '{"error":"invalid format: \\"x\\"; expected \\"json\\" or a valid JSON Schema object"}', 'rejected'],
    [
      500,
      JSON.stringify({ error: '{"error":{"code":500,"message":"image input is not supported - hint: …"}}' }),
      'unsupported',
    ],
    [500, '{"error":"template: :1: unclosed action"}', 'rejected'],
    [
      500,
      JSON.stringify({ error: 'detokenize error: {"error":{"code":500,"message":"vector::_M_range_check"}}' }),
      'rejected',
    ],
    [500, '{"error":"no user query found in messages"}', 'rejected'],
    [500, '{"error":"system message cannot contain images"}', 'rejected'],
    [500, '{"error":"this model only supports one image while more than one image requested"}', 'rejected'],
    [500, '{"error":"unsupported Qwen3.8 reasoning effort \\"low\\""}', 'rejected'],
    [400, '{"error":"typical_p is no longer supported"}', 'rejected'],
    [403, '{"error":"ollama cloud is disabled: remote model is unavailable"}', 'rejected'],
    [403, '<html>', 'failed'],
    [500, '{"error":"an error was encountered while running the model: unexpected EOF"}', 'failed'],
    [500, '{"error":"llama-server process has terminated: option \\"x\\" must be of type y"}', 'failed'],
    [502, '{"error":"option \\"seed\\" must be of type integer"}', 'failed'],
    [401, '{"error":"unauthorized"}', 'failed'],
    [499, '{"error":"request canceled"}', 'failed'],
    [500, '{"error":"model requires more system memory"}', 'failed'],
    [502, '<html>', 'failed'],
  ])('%i means %s', (status, body, kind) => {
    expect(refusal(status, body)).toMatchObject({ kind })
  })

  test("the runner's error inside the host's error is the one for people", () => {
    const body = JSON.stringify({
      error: JSON.stringify({ error: { code: 400, message: 'request (9 tokens) exceeds the available context size' } }),
    })
    const failure = refusal(400, body)
    expect(failure).toBeInstanceOf(HostFailure)
    expect(failure.detail).toBe('request (9 tokens) exceeds the available context size')
  })
})

test('what is not the words of Ollama is shown to nobody', () => {
  expect(refusal(502, '<html>secret</html>').detail).toBe('status 502')
  expect(refusal(400, '<html>secret</html>').detail).toBe('')
})
