import { Ollama } from 'ollama'
import { expect, inject, test } from 'vitest'
import { jsonOf, readLines, sentence } from '../support/ndjson.ts'
import { ask, post } from '../support/sse-client.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** What passes to the host, and what does not. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

const chat = (stack: Stack, body: object | string): Promise<Response> => post(`${stack.url}/api/chat`, body)

const sent = (stack: Stack): string => stack.hosts[0]!.requests.at(-1)!.body

test('155. abort() closes the connection to the host', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
  const [host] = stack.hosts
  const stream = await new Ollama({ host: stack.url }).generate({ model: 'llama3.2', prompt: 'hi', stream: true })
  const reading = (async () => {
    for await (const { response } of stream) if (response !== '') stream.abort()
  })()
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
  await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
})

test('156. options nobody knows are passed on, and those that reload a model are not, unless the operator set them', async () => {
  await using stack = await startStack({ redisUrl })
  const options = { tomorrow: [1, 'x'], seed: 7, num_ctx: 512, num_gpu: 1 }
  const response = await chat(stack, ask('hi', { stream: false, options }))
  expect(response.status).toBe(200)
  expect(response.headers.get('x-drover-adjusted')).toBe('num_ctx, num_gpu')
  expect(JSON.parse(sent(stack))).toMatchObject({ options: { tomorrow: [1, 'x'], seed: 7 } })
  expect(sent(stack)).not.toMatch(/num_ctx|num_gpu/)
})

test.each([
  [4_096, 4_096, null],
  [100_000, 8_192, 'num_ctx=8192'],
])('156. with numCtxMax 8192, num_ctx %i is %i', async (asked, used, adjusted) => {
  const models = [{ name: 'llama3.2', numCtxMax: 8_192 }]
  await using stack = await startStack({ redisUrl, config: { models } })
  const response = await chat(stack, ask('hi', { stream: false, options: { num_ctx: asked } }))
  expect(response.headers.get('x-drover-adjusted')).toBe(adjusted)
  expect(JSON.parse(sent(stack))).toMatchObject({ options: { num_ctx: used } })
})

test('157. a model that a host would pass on to ollama.com is 403', async () => {
  const models = ['gpt-oss:120b-cloud', 'kimi:cloud', 'llama3.2']
  await using stack = await startStack({ redisUrl, hosts: [{ models }] })
  for (const model of models.slice(0, 2)) {
    const refused = [
      chat(stack, ask('hi', { model })),
      chat(stack, ask('hi', { model: model.toUpperCase(), stream: false })),
      post(`${stack.url}/api/generate`, { model, prompt: 'hi' }),
      post(`${stack.url}/api/generate`, { model }),
      post(`${stack.url}/api/embed`, { model, input: 'hi' }),
    ]
    for (const response of refused) expect(await jsonOf(response)).toEqual([403, sentence(/cloud/)])
  }
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('159. options, tools, format and arguments reach the host digit for digit, their keys in order', async () => {
  await using stack = await startStack({ redisUrl })
  const parameters =
    '{"type":"object","properties":{"z":{"maximum":18446744073709551615},"a":{"const":-9007199254740993}}}'
  const tools = `[{"type":"function","function":{"parameters":${parameters},"name":"f","strict":true}}]`
  const format = '{"z":{"minimum":12345678901234567890},"b":0.1,"a":[1e-7]}'
  const args = '{"z":12345678901234567890,"a":{"y":1.5,"x":"\\u2028\\n"}}'
  const messages = `[{"role":"user","content":"echo: \\u2028 é 🐑"},{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":${args}}}]},{"role":"tool","content":"1","tool_call_id":"c"}]`
  const options = '{"seed":9223372036854775807,"tomorrow":[12345678901234567890],"temperature":0.1}'
  const body = `{"model":"llama3.2","messages":${messages},"tools":${tools},"format":${format},"options":${options}}`
  const all = await readLines(await chat(stack, body))
  expect(all.at(-1)).toMatchObject({ done: true })
  const raw = sent(stack)
  expect(raw).toContain(`"tools":${tools}`)
  expect(raw).toContain(`"format":${format}`)
  expect(raw).toContain('"seed":9223372036854775807,"tomorrow":[12345678901234567890],"temperature":0.1')
  expect(raw).toContain('"z":12345678901234567890,"a":{"y":1.5,"x":')
  expect(JSON.parse(raw)).toMatchObject({
    messages: [
      { role: 'user', content: 'echo: \u2028 é 🐑' },
      { tool_calls: [{ id: 'c', function: { name: 'f', arguments: { a: { x: '\u2028\n' } } } }] },
      { role: 'tool', content: '1', tool_call_id: 'c' },
    ],
  })
})

test('159. arguments come back digit for digit, streamed and not', async () => {
  await using stack = await startStack({ redisUrl })
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }]
  const question = 'call f {"z":12345678901234567890,"a":-0.10}'
  const streamed = await (await chat(stack, ask(question, { tools }))).text()
  expect(streamed).toContain('"arguments":{"z":12345678901234567890,"a":-0.10}')
  const whole = await (await chat(stack, ask(question, { tools, stream: false }))).text()
  expect(whole).toContain('"arguments":{"z":12345678901234567890,"a":-0.10}')
})
