import { describe, expect, test } from 'vitest'
import { parseChat, parseKeepAlive } from './request.ts'

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
    ['{"options":{"temperature":"hot"}}', 500, 'option "temperature" must be of type float32'],
    ['{"options":{"stop":"x"}}', 500, 'option "stop" must be of type array'],
  ])('%s is refused in the words of Ollama', (body, status, error) => {
    expect(parseChat(body)).toEqual({ status, error })
  })

  test('null is absent, unknown fields and options are ignored, stream defaults to true', () => {
    const body = '{"model":"m","messages":null,"stream":null,"options":{"seed":null,"new":[]},"think":null,"x":1}'
    expect(parseChat(body)).toMatchObject({ model: 'm', messages: [], stream: true, think: false })
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
