import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { Reference, streams, type Operation } from './support/reference.ts'
import { startStack, type Stack } from './support/stack.ts'

/** The reference that drover gives of itself, held against what it really answers. */

const redisUrl = inject('redisUrl')

let stack: Stack
let reference: Reference
beforeAll(async () => {
  stack = await startStack({
    redisUrl,
    hosts: [{ models: ['llama3.2', 'nomic-embed-text'], tokens: 4, tokenMs: 0, firstTokenMs: 0 }],
    config: { cache: { enabled: true } },
  })
  reference = await Reference.read(stack.url)
})
afterAll(() => stack[Symbol.asyncDispose]())

/** One request for an operation; the path is the operation's own unless it has parameters. */
interface Sent {
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: object
}

const image = `data:image/png;base64,${Buffer.from('png').toString('base64')}`
const weather = { name: 'weather', description: 'Of a city', parameters: { type: 'object', properties: {} } }
const tools = [{ type: 'function', function: weather }]
const call = 'call weather {"city":"Berlin","id":12345678901234567890}'
const user = (content: unknown) => ({ role: 'user', content })
const chats = [
  { messages: [user('hi')] },
  { messages: [user('hi')], think: true, keep_alive: '9h', options: { num_ctx: 99, seed: 1 } },
  { messages: [user('hi')], logprobs: true, top_logprobs: 2 },
  { messages: [user(call)], tools },
].map(body => ({ model: 'llama3.2', ...body }))

/** What is asked of each operation. Those that stream are asked each of it twice. */
const asked = (responseId: string): Record<string, readonly Sent[]> => {
  const model = 'llama3.2'
  const kept = `/v1/responses/${responseId}`
  const bodies = (...list: object[]): Sent[] => list.map(body => ({ body: { model, ...body } }))
  const refused = [{ body: { model } }]
  const anthropic = { 'anthropic-version': '2023-06-01' }
  return {
    'POST /v1/chat/completions': bodies(
      ...chats,
      { messages: [user('hi')], max_tokens: 1, n: 2, stream_options: { include_usage: true }, seed: 3 },
      { messages: [user([{ type: 'image_url', image_url: { url: image } }])] },
      { messages: [] },
      { model: 'nobody', messages: [user('hi')] },
    ),
    'POST /v1/completions': bodies(
      { prompt: 'a' },
      { prompt: ['a', 'b'], n: 2, echo: true, stream_options: { include_usage: true } },
      { prompt: 'a', logprobs: 2 },
      { prompt: 1 },
    ),
    'POST /v1/embeddings': bodies(
      { model: 'nomic-embed-text', input: ['a', 'b'] },
      { model: 'nomic-embed-text', input: 'a', encoding_format: 'base64' },
      { input: 'a' },
    ),
    'POST /v1/responses': bodies(
      { input: 'hi' },
      { input: 'hi', reasoning: { effort: 'low' }, text: { format: { type: 'text' } }, metadata: { a: 'b' } },
      { input: 'hi', reasoning: { effort: 'low', summary: 'auto' }, max_output_tokens: 16, instructions: 'Be brief.' },
      { input: 'hi', include: ['message.output_text.logprobs'], top_logprobs: 1 },
      { input: call, tools: [{ type: 'function', ...weather }], tool_choice: { type: 'function', name: 'weather' } },
      { input: 'call patch {"input":"x"}', tools: [{ type: 'custom', name: 'patch' }] },
      { previous_response_id: responseId, input: 'and?' },
      { previous_response_id: 'resp_nobody', input: 'and?' },
      { input: [] },
    ),
    'GET /v1/responses/{id}': [{ path: kept }, { path: '/v1/responses/nobody' }, { path: `${kept}?stream=true` }],
    'GET /v1/responses/{id}/input_items': [
      { path: `${kept}/input_items?limit=1` },
      { path: `${kept}/input_items?limit=0` },
    ],
    'POST /v1/responses/{id}/cancel': [{ path: `${kept}/cancel` }],
    'DELETE /v1/responses/{id}': [{ path: kept }, { path: kept }],
    'GET /v1/models': [{}, { headers: anthropic }],
    'GET /v1/models/{model}': [
      { path: '/v1/models/llama3.2' },
      { path: '/v1/models/llama3.2', headers: anthropic },
      { path: '/v1/models/a/b' },
    ],
    'POST /v1/messages': bodies(
      { max_tokens: 9, messages: [user('hi')] },
      { max_tokens: 2, messages: [user('hi')], thinking: { type: 'enabled', budget_tokens: 1024 } },
      { max_tokens: 9, messages: [user(call)], tools: [{ name: 'weather', input_schema: weather.parameters }] },
      { messages: [user('hi')] },
    ),
    'POST /v1/messages/count_tokens': bodies({ messages: [user('hi')] }, { messages: [] }),
    'POST /analyze/prompt': bodies({ prompt: 'hi' }, { prompt: 'hi', scanners_suppress: ['Toxicity'] }, {}),
    'POST /analyze/output': bodies({ prompt: 'hi', output: 'ho' }, { output: 'ho' }, { output: 1 }),
    'POST /scan/prompt': bodies({ prompt: 'hi' }, { prompt: 'hi', scanners_suppress: 'all' }),
    'POST /scan/output': bodies({ prompt: 'hi', output: 'ho' }, {}),
    'POST /api/chat': bodies(
      ...chats,
      {},
      { keep_alive: 0 },
      { format: 'json', messages: [user('hi')] },
      { messages: 1 },
    ),
    'POST /api/generate': bodies(
      { prompt: 'hi' },
      { prompt: 'hi', think: true, context: [1, 2] },
      { prompt: 'hi', logprobs: true, top_logprobs: 1 },
      {},
      { prompt: 'hi', raw: true },
    ),
    'POST /api/embed': bodies(
      { model: 'nomic-embed-text', input: ['a', 'b'] },
      { model: 'nomic-embed-text' },
      { input: 1 },
    ),
    'POST /api/embeddings': bodies({ model: 'nomic-embed-text', prompt: 'a' }, { prompt: 'a' }),
    'GET /': [{}],
    'GET /api/version': [{}],
    'GET /api/tags': [{}],
    'GET /api/ps': [{}],
    'POST /api/show': bodies({}, { model: 'nobody' }),
    'POST /api/pull': refused,
    'POST /api/push': refused,
    'POST /api/create': refused,
    'POST /api/copy': refused,
    'DELETE /api/delete': refused,
    'POST /api/blobs/{digest}': [{ path: '/api/blobs/sha256:0' }],
    'POST /api/me': [{}],
    'POST /api/signout': [{}],
    'DELETE /api/user/keys/{key}': [{ path: '/api/user/keys/a' }],
    'GET /openapi.json': [{}],
    'GET /docs': [{}],
    'GET /v1/queue': [{}],
    'GET /health': [{}],
    'GET /health/liveliness': [{}],
    'GET /health/liveness': [{}],
    'GET /health/readiness': [{}],
    'GET /config': [{}],
  }
}

const send = (
  { title }: Pick<Operation, 'title'>,
  { path, headers, body }: Sent,
  url = stack.url,
): Promise<Response> => {
  const [method = '', own = ''] = title.split(' ')
  return fetch(url + (path ?? own), {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

test('every operation answers as it is told, streamed or not, also when it refuses', async () => {
  const ask = { title: 'POST /v1/responses' }
  const first = await send(ask, { body: { model: 'llama3.2', input: 'hi' } })
  const requests = asked(((await first.json()) as { id: string }).id)
  expect(reference.operations.map(({ title }) => title).sort()).toEqual(Object.keys(requests).sort())
  for (const [title, list] of Object.entries(requests)) {
    const operation = reference.operations.find(each => each.title === title)!
    const statuses: number[] = []
    for (const sent of list) {
      for (const more of streams(operation) ? [{ stream: false }, { stream: true }] : [{}]) {
        const response = await send(operation, { ...sent, ...(sent.body && { body: { ...sent.body, ...more } }) })
        await reference.expectTold(operation, response)
        statuses.push(response.status)
      }
    }
    // A promise that no request here has kept is none.
    expect(statuses.includes(200), title).toBe('200' in operation.responses)
  }
})

test('a stream that breaks says so as it is told', async () => {
  const all = reference.operations.filter(streams)
  await using breaking = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }], config: { slots: all.length } })
  const said = { messages: [user('break')], prompt: 'break', input: 'break' }
  const body = { model: 'llama3.2', stream: true, max_tokens: 99, ...said }
  const broken = all.map(async operation => {
    breaking.hosts[0]!.faults.next({ kind: 'errorLine', afterTokens: 3, message: 'broken' })
    const answered = await reference.expectTold(operation, await send(operation, { body }, breaking.url))
    expect(answered, operation.title).toMatch(/"error":["{]|event: error/)
  })
  await Promise.all(broken)
  expect(broken.length).toBeGreaterThan(5)
})

test('what a path does not do is refused with what it does, whatever the body is', async () => {
  for (const [path, methods] of Object.entries(reference.document.paths)) {
    const known = Object.keys(methods).map(name => name.toUpperCase())
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'QUERY'].filter(name => !known.includes(name))) {
      const body = method === 'GET' ? undefined : '{bad'
      const response = await fetch(stack.url + path.replaceAll(/\{\w+\}/g, 'x'), { method, ...(body && { body }) })
      expect(response.status, `${method} ${path}`).toBe(405)
      expect(response.headers.get('allow')?.split(', ')).toEqual(expect.arrayContaining(known))
    }
  }
})

test('a header that is wrong is refused by its name', async () => {
  const names = Object.keys(reference.document.components.parameters)
  expect(names).toEqual(['x-drover-class', 'x-drover-deadline-ms'])
  for (const name of names) {
    const body = { model: 'llama3.2', messages: [user('hi')] }
    const response = await send({ title: 'POST /v1/chat/completions' }, { headers: { [name]: 'x' }, body })
    await expect(response.json()).resolves.toMatchObject({ error: { param: name } })
  }
})
