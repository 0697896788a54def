import { describe, expect, test } from 'vitest'
import { parseKeepAlive } from './options.ts'
import { parseChat, parseGenerate } from './request.ts'

describe('requests', () => {
  test.each([
    ['', 400, 'missing request body'],
    ['{"model"', 400, 'unexpected EOF'],
    ['<html>', 400, "invalid character '<' looking for beginning of value"],
    ['[]', 400, 'json: cannot unmarshal array into Go value of type api'],
    ['{"model":1}', 400, 'json: cannot unmarshal number into Go struct field ChatRequest.model of type string'],
    ['{"stream":"no"}', 400, 'json: cannot unmarshal string into Go struct field ChatRequest.stream of type bool'],
    ['{"messages":"x"}', 400, 'json: cannot unmarshal string into Go struct field ChatRequest.messages of type []api'],
    [
      '{"messages":[{"role":"user","content":["x"]}]}',
      400,
      'json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string',
    ],
    ['{"think":"very"}', 400, 'invalid think value: "very" (must be "high", "medium", "low", "max", true, or false)'],
    ['{"keep_alive":"soon"}', 400, 'time: invalid duration "soon"'],
    [
      '{"messages":[1]}',
      400,
      'json: cannot unmarshal number into Go struct field ChatRequest.messages of type api.Message',
    ],
    ['{"messages":[{"images":["data:image/png;base64,AAAA"]}]}', 400, 'illegal base64 data at input byte 4'],
    ['{"messages":[{"images":["AAA"]}]}', 400, 'illegal base64 data at input byte 3'],
    [
      '{"messages":[{"images":[1]}]}',
      400,
      'json: cannot unmarshal number into Go struct field ChatRequest.messages.images of type api.ImageData',
    ],
    [
      '{"messages":[{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}]}',
      400,
      'json: cannot unmarshal string into Go struct field ChatRequest.messages.tool_calls.function.arguments of type map[string]interface {}',
    ],
    ['{"logprobs":1}', 400, 'json: cannot unmarshal number into Go struct field ChatRequest.logprobs of type bool'],
    [
      '{"top_logprobs":1.5}',
      400,
      'json: cannot unmarshal number 1.5 into Go struct field ChatRequest.top_logprobs of type int',
    ],
    ['{"top_logprobs":21}', 400, 'top_logprobs must be between 0 and 20'],
    ['{"format":"xml"}', 500, String.raw`invalid format: "\"xml\""; expected "json" or a valid JSON Schema object`],
    ['{"options":{"temperature":"hot"}}', 500, 'option "temperature" must be of type float32'],
    ['{"options":{"stop":"x"}}', 500, 'option "stop" must be of type array'],
  ])('%s is refused in the words of Ollama', (body, status, error) => {
    expect(parseChat(body)).toEqual({ status, error })
  })

  test.each([
    ['{"prompt":["x"]}', 'json: cannot unmarshal array into Go struct field GenerateRequest.prompt of type string'],
    ['{"context":["1"]}', 'json: cannot unmarshal string into Go struct field GenerateRequest.context of type int'],
    ['{"images":["%"]}', 'illegal base64 data at input byte 0'],
    ['{"raw":true,"system":"be brief"}', 'raw mode does not support template, system, or context'],
  ])('%s is no prompt', (body, error) => {
    expect(parseGenerate(body)).toEqual({ status: 400, error })
  })

  test('a body can not pass for a refusal', () => {
    expect(parseChat('{"model":"m","status":1,"error":"x","format":{"status":1,"error":"x"}}')).toMatchObject({
      model: 'm',
    })
  })

  test('null is absent, unknown fields and options are ignored, stream defaults to true', () => {
    const body =
      '{"model":"m","messages":null,"stream":null,"options":{"seed":null,"new":[]},"think":null,"format":null,"logprobs":null,"x":1}'
    expect(parseChat(body)).toMatchObject({
      model: 'm',
      messages: [],
      stream: true,
      think: undefined,
      topLogprobs: undefined,
    })
  })

  test.each([
    [undefined, undefined],
    [0, 0],
    [1.5, 1_500],
    [-1, Infinity],
    ['0', 0],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['-1s', Infinity],
  ])('keep_alive %s lasts %s ms', (value, ms) => {
    expect(parseKeepAlive(value)).toBe(ms)
  })
})
