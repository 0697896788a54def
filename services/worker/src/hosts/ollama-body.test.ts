import type { ChatRequest } from '@drover/shared/requests'
import { describe, expect, test } from 'vitest'
import { chatBody, embedBody, generateBody, loadBody } from './ollama-body.ts'

const request = (part: Partial<ChatRequest>): ChatRequest => ({
  kind: 'chat',
  messages: [{ role: 'user', content: 'hi "you"' }],
  options: {},
  ...part,
})

describe('the body of a chat', () => {
  test('carries everything as Ollama names it, and always streams', () => {
    const body = chatBody(
      'llama3.2:1b',
      request({
        messages: [
          { role: 'user', content: 'look', images: ['AAAA'] },
          {
            role: 'assistant',
            content: '',
            thinking: 'hm',
            toolCalls: [
              { id: 'c1', name: 'f', arguments: '{"n":12345678901234567890}' },
              { id: '', name: 'g', arguments: '{}' },
            ],
          },
          { role: 'tool', content: '5', toolName: 'f', toolCallId: 'c1' },
        ],
        toolsJson: '[{"type":"function"}]',
        formatJson: '"json"',
        options: { seed: '9223372036854775807' },
        think: 'low',
        keepAliveS: 600,
      }),
      { seed: '1', temperature: '0.5' },
    )
    expect(body).toBe(
      '{"model":"llama3.2:1b","messages":[{"role":"user","content":"look","images":["AAAA"]},' +
        '{"role":"assistant","content":"","thinking":"hm","tool_calls":[' +
        '{"id":"c1","function":{"name":"f","arguments":{"n":12345678901234567890}}},' +
        '{"function":{"name":"g","arguments":{}}}]},' +
        '{"role":"tool","content":"5","tool_name":"f","tool_call_id":"c1"}],' +
        '"tools":[{"type":"function"}],"format":"json",' +
        '"options":{"seed":9223372036854775807,"temperature":0.5},"think":"low","keep_alive":600,"stream":true}',
    )
  })

  test('leaves out what the request leaves out', () => {
    expect(chatBody('m', request({}), {})).toBe(
      '{"model":"m","messages":[{"role":"user","content":"hi \\"you\\""}],"stream":true}',
    )
  })
})

test('the configured options go out with every request and with the load ahead of it, so that none reloads the model', () => {
  const options = { num_ctx: '8192', num_gpu: '99', temperature: '0.5' }
  const sent = [
    chatBody('m', request({}), options),
    chatBody('m', request({ options: { temperature: '1' } }), options),
    loadBody('m', options),
  ].map(body => (JSON.parse(body) as { options: unknown }).options)
  for (const each of sent) expect(each).toMatchObject({ num_ctx: 8192, num_gpu: 99 })
})

test('a load has no prompt and, if it is to, lets the model stay', () => {
  expect(loadBody('m:latest', { num_ctx: '8192' }, -1)).toBe(
    '{"model":"m:latest","options":{"num_ctx":8192},"keep_alive":-1,"stream":false}',
  )
  expect(loadBody('m', {})).toBe('{"model":"m","stream":false}')
})

test('what only some requests say goes out as Ollama names it', () => {
  expect(chatBody('m', request({ topLogprobs: 0, truncate: false, shift: false }), {})).toBe(
    '{"model":"m","messages":[{"role":"user","content":"hi \\"you\\""}],"logprobs":true,"top_logprobs":0,"truncate":false,"shift":false,"stream":true}',
  )
})

test('a prompt without roles carries everything, and its context digit for digit', () => {
  const body = generateBody(
    'm',
    {
      kind: 'generate',
      prompt: 'a "b"',
      suffix: 'z',
      system: 's',
      template: '{{ .Prompt }}',
      images: ['AAAA'],
      contextJson: '[1,12345678901234567890]',
      formatJson: '{"type":"object"}',
      options: { seed: '9223372036854775807' },
      think: false,
      keepAliveS: 60,
      topLogprobs: 2,
      truncate: true,
      shift: false,
    },
    { seed: '1', num_ctx: '2048' },
  )
  expect(body).toBe(
    '{"model":"m","prompt":"a \\"b\\"","suffix":"z","system":"s","template":"{{ .Prompt }}","images":["AAAA"],' +
      '"context":[1,12345678901234567890],"format":{"type":"object"},' +
      '"options":{"seed":9223372036854775807,"num_ctx":2048},"think":false,"keep_alive":60,' +
      '"logprobs":true,"top_logprobs":2,"truncate":true,"shift":false,"stream":true}',
  )
})

test('inputs to embed carry their options, and nothing that was not said', () => {
  expect(embedBody('m', { inputs: ['a'], options: {} }, ['a'], {})).toBe('{"model":"m","input":["a"]}')
  const request = { inputs: ['a', 'b'], options: { num_ctx: '512' }, dimensions: 64, truncate: false, keepAliveS: 5 }
  expect(embedBody('m', request, ['b'], { num_ctx: '1', num_gpu: '2' })).toBe(
    '{"model":"m","input":["b"],"truncate":false,"dimensions":64,"options":{"num_ctx":512,"num_gpu":2},"keep_alive":5}',
  )
})
