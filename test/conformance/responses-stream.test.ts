import { expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { respond, streamResponse, textOf, type ResponseEvent } from '../support/responses.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { openaiClient } from '../support/streaming.ts'

/** /v1/responses in the foreground. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

const weather = {
  type: 'function',
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
}
const askWeather = { input: 'call weather {"city":"Hà Nội"}', tools: [weather] }

const get = (stack: Stack, path: string, init?: RequestInit): Promise<Response> =>
  fetch(`${stack.url}/v1/responses/${path}`, init)

/** With the deltas of one item as one. */
const order = (events: readonly ResponseEvent[]): string[] =>
  events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1])

test('89. the events have OpenAI’s order, and numbers from 0 without a gap', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
  const events = await streamResponse(stack, { seed: 7, reasoning: { effort: 'low' } })
  expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index))
  expect(order(events)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.reasoning_summary_part.added',
    'response.reasoning_summary_text.delta',
    'response.reasoning_summary_text.done',
    'response.reasoning_summary_part.done',
    'response.output_item.done',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ])
  const deltas = events.filter(({ type }) => type === 'response.output_text.delta')
  expect(deltas.map(({ delta }) => delta).join('')).toBe(answer(7, 32))
  expect(deltas.length).toBeGreaterThan(5)
  const { response } = events.at(-1)!
  expect(textOf(response)).toBe(answer(7, 32))
  expect(await (await get(stack, response.id)).json()).toEqual(response)
})

test('89. .stream().finalResponse() of openai-node is completed, whatever the response consists of', async () => {
  await using stack = await startStack({ redisUrl })
  const openai = openaiClient(stack)
  const model = 'llama3.2'
  for (const more of [
    {},
    { reasoning: { effort: 'low' } },
    { reasoning: { effort: 'low', summary: 'auto' } },
  ] as const) {
    const response = await openai.responses.stream({ model, input: 'echo: hello', ...more }).finalResponse()
    expect(response).toMatchObject({ status: 'completed', output_text: 'hello' })
    expect(response.output.map(({ type }) => type)).toEqual(
      'reasoning' in more ? ['reasoning', 'message'] : ['message'],
    )
  }
})

test('90. a streamed call: arguments.done has the name, and ids stay what they were', async () => {
  await using stack = await startStack({ redisUrl })
  const events = await streamResponse(stack, askWeather)
  expect(order(events)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.done',
    'response.output_item.done',
    'response.completed',
  ])
  const [, , added, delta, done, item, last] = events
  expect(added!.item).toMatchObject({ type: 'function_call', status: 'in_progress', name: 'weather', arguments: '' })
  expect(delta!.delta).toBe('{"city":"Hà Nội"}')
  expect(done).toMatchObject({ name: 'weather', arguments: '{"city":"Hà Nội"}' })
  expect(item!.item).toEqual({ ...added!.item, status: 'completed', arguments: '{"city":"Hà Nội"}' })
  expect([delta!.item_id, done!.item_id]).toEqual([added!.item.id, added!.item.id])
  expect(last!.response.output).toEqual([item!.item])
})

test('91. text.format is the host’s format', async () => {
  await using stack = await startStack({ redisUrl })
  const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
  await respond(stack, { text: { format: { type: 'json_schema', name: 'person', schema } } })
  await respond(stack, { text: { format: { type: 'json_object' } } })
  await respond(stack, { text: { format: { type: 'text' } } })
  const formats = stack.hosts[0]!.requests.map(({ body }) => (JSON.parse(body) as { format?: unknown }).format)
  expect(formats).toEqual([schema, 'json', undefined])
})
