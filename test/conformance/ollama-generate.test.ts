import { readMemory } from '@drover/shared/catalogue'
import { expect, inject, test } from 'vitest'
import { answer, thinkingTokens } from '../fakes/ollama/tokens.ts'
import { jsonOf, metrics, readLines, sentence, type Line } from '../support/ndjson.ts'
import { lines, post } from '../support/sse-client.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** /api/generate, and what both ways to ask have in common. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

const generate = (stack: Stack, body: object, signal?: AbortSignal): Promise<Response> =>
  post(
    `${stack.url}/api/generate`,
    { model: 'llama3.2', prompt: 'hi', ...body },
    signal === undefined ? {} : { signal },
  )

const textOf = (all: readonly Line[], field: 'response' | 'thinking' = 'response'): string =>
  all.map(line => (line[field] as string | undefined) ?? '').join('')

test('143. /api/generate without stream is NDJSON; its last line is done and has every metric', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
  const all = await readLines(await generate(stack, { prompt: 'one two', options: { seed: 4, num_predict: 6 } }))
  expect(textOf(all)).toBe(answer(4, 6))
  const last = all.pop()!
  expect(last).toMatchObject({ model: 'llama3.2', response: '', done: true, done_reason: 'length', eval_count: 6 })
  for (const name of metrics) expect([name, Number.isInteger(last[name])]).toEqual([name, true])
  expect(all.length).toBeGreaterThan(1)
  for (const line of all) expect(line).toMatchObject({ model: 'llama3.2', done: false })
})

test('143. thinking goes beside the response, and is told apart from it', async () => {
  await using stack = await startStack({ redisUrl })
  const body = { think: true, options: { seed: 4 } }
  const all = await readLines(await generate(stack, body))
  expect(textOf(all)).toBe(answer(4, 32))
  const thought = textOf(all, 'thinking')
  expect(thought).toBe(thinkingTokens(4).join(''))
  const [, whole] = await jsonOf(generate(stack, { ...body, stream: false }))
  expect(whole).toMatchObject({ thinking: thought, response: answer(4, 32), done: true })
})

test.each(['/api/chat', '/api/generate'])('143. %s tells log probabilities when asked for', async path => {
  await using stack = await startStack({ redisUrl })
  const messages = [{ role: 'user', content: 'hi' }]
  const ask = (more: object): Promise<Response> =>
    post(`${stack.url}${path}`, { model: 'llama3.2', messages, prompt: 'hi', options: { seed: 4 }, ...more })
  const weighed = { token: expect.any(String), logprob: expect.any(Number), bytes: expect.any(Array) }
  const tokensOf = (logprobs: unknown): string[] => (logprobs as { token: string }[]).map(({ token }) => token)
  const all = await readLines(await ask({ logprobs: true, top_logprobs: 2 }))
  const told = all.flatMap(line => (line['logprobs'] as object[] | undefined) ?? [])
  expect(tokensOf(told).join('')).toBe(answer(4, 32))
  for (const logprob of told) expect(logprob).toEqual({ ...weighed, top_logprobs: [weighed, weighed] })
  const [, whole] = (await jsonOf(ask({ logprobs: true, stream: false }))) as [number, Line]
  expect(tokensOf(whole['logprobs']).join('')).toBe(answer(4, 32))
  expect((whole['logprobs'] as object[])[0]).toEqual(weighed)
  for (const more of [{}, { top_logprobs: 3 }, { logprobs: false }])
    expect((await readLines(await ask(more))).some(line => 'logprobs' in line)).toBe(false)
  expect(await jsonOf(ask({ logprobs: true, top_logprobs: 21 }))).toEqual([400, sentence(/top_logprobs.*0 to 20/)])
})

test('144. stream:false gives one JSON object with the same response', async () => {
  await using stack = await startStack({ redisUrl })
  const [status, body] = await jsonOf(generate(stack, { stream: false, options: { seed: 4 } }))
  expect(status).toBe(200)
  expect(body).toMatchObject({ model: 'llama3.2', response: answer(4, 32), done: true, done_reason: 'stop' })
  for (const name of metrics) expect([name, Number.isInteger((body as Line)[name])]).toEqual([name, true])
})

test('145. what is wrong with a prompt is said in one sentence that names the field', async () => {
  await using stack = await startStack({ redisUrl })
  for (const stream of [true, false]) {
    expect(await jsonOf(generate(stack, { model: 'nope', stream }))).toEqual([404, sentence(/nope/)])
    expect(await jsonOf(generate(stack, { prompt: 7, stream }))).toEqual([400, sentence(/prompt/)])
    expect(await jsonOf(generate(stack, { raw: true, stream }))).toEqual([400, sentence(/raw/)])
    expect(await jsonOf(generate(stack, { keep_alive: 'soon', stream }))).toEqual([400, sentence(/keep_alive/)])
    expect(await jsonOf(generate(stack, { context: ['a'], stream }))).toEqual([400, sentence(/context\[0\]/)])
  }
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('146. while queued, heartbeats of a prompt are valid chunks without text, never blank lines', async () => {
  const server = { headersAfterMs: 50, heartbeatMs: 100 }
  await using stack = await startStack({ redisUrl, config: { slots: 1, server } })
  stack.hosts[0]!.faults.next({ kind: 'stall', afterTokens: 0 })
  const leave = new AbortController()
  const stalled = await generate(stack, {}, leave.signal)
  expect(stalled.status).toBe(200)
  const beats: Line[] = []
  let text = ''
  for await (const json of lines(await generate(stack, { options: { seed: 2 } }))) {
    const line = JSON.parse(json) as Line
    text += String(line['response'])
    if (text === '' && line['done'] === false) beats.push(line)
    if (beats.length === 3) leave.abort()
  }
  expect(text).toBe(answer(2, 32))
  for (const beat of beats)
    expect(beat).toEqual({ model: 'llama3.2', created_at: expect.any(String), response: '', done: false })
  expect(beats.length).toBeGreaterThanOrEqual(3)
})

test('147. a failure in mid-stream of a prompt is one {"error":"…"} line, then the end', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
  stack.hosts[0]!.faults.next({ kind: 'errorLine', afterTokens: 3, message: 'boom' })
  const all = await readLines(await generate(stack, { options: { seed: 4 } }))
  expect(all.at(-1)).toEqual(sentence())
  expect(textOf(all.slice(0, -1))).toBe(answer(4, 3))
})

test('149. the last line carries the context, and the next prompt goes on from it, digit for digit', async () => {
  await using stack = await startStack({ redisUrl })
  const all = await readLines(await generate(stack, {}))
  expect(all.filter(line => 'context' in line)).toEqual([all.at(-1)])
  expect(all.at(-1)).toMatchObject({ done: true, context: [1, 2, 3] })
  const context = [9007199254740991, 0, 128009]
  const [, whole] = await jsonOf(generate(stack, { context, stream: false }))
  expect(whole).toMatchObject({ context: [...context, 1, 2, 3] })
  expect(stack.hosts[0]!.requests.at(-1)!.body).toContain('"context":[9007199254740991,0,128009]')
})

test('149. what goes with a prompt reaches the host', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ capabilities: { 'llama3.2': ['completion', 'insert', 'vision'] } }],
  })
  const around = { suffix: 'return x', system: 'be brief', template: '{{ .Prompt }}', images: ['iVBORw0KGgo='] }
  const [status] = await jsonOf(generate(stack, { ...around, stream: false, truncate: false }))
  expect(status).toBe(200)
  const { path, body } = stack.hosts[0]!.requests[0]!
  expect(path).toBe('/api/generate')
  expect(JSON.parse(body)).toMatchObject({ prompt: 'hi', ...around, truncate: false })
})

const nothingToAnswer: readonly [string, object, object][] = [
  ['/api/generate', {}, { response: '' }],
  ['/api/generate', { prompt: '' }, { response: '' }],
  ['/api/chat', {}, { message: { role: 'assistant', content: '' } }],
  ['/api/chat', { messages: [] }, { message: { role: 'assistant', content: '' } }],
]

test.each(nothingToAnswer)('149. %s with %j only loads the model', async (path, body, said) => {
  await using stack = await startStack({ redisUrl })
  const [host] = stack.hosts
  const loaded = { model: 'llama3.2', ...said, done: true, done_reason: 'load' }
  const all = await readLines(await post(`${stack.url}${path}`, { model: 'llama3.2', ...body }))
  expect(all.at(-1)).toMatchObject(loaded)
  expect(host!.loads).toBe(1)
  const [status, whole] = await jsonOf(post(`${stack.url}${path}`, { model: 'llama3.2', stream: false, ...body }))
  expect([status, whole]).toEqual([200, expect.objectContaining(loaded)])
  expect(host!.requests).toHaveLength(0)
  expect(host!.loads).toBe(1)
})

test.each(nothingToAnswer)(
  '150. %s with %j and keep_alive 0 is refused unless the operator allows it',
  async (path, body) => {
    await using stack = await startStack({ redisUrl })
    for (const more of [{ keep_alive: 0 }, { keep_alive: '0s', stream: false }])
      expect(await jsonOf(post(`${stack.url}${path}`, { model: 'llama3.2', ...body, ...more }))).toEqual([
        403,
        sentence(/keep_alive/),
      ])
    expect(stack.hosts[0]!.controls).toHaveLength(0)
  },
)

test.each(nothingToAnswer)(
  '150. %s with %j and keep_alive 0 unloads the model on every host that has it',
  async (path, body, said) => {
    const config = { clients: { unload: true } }
    const host = { models: ['llama3.2', 'other'], maxLoadedModels: 2 }
    await using stack = await startStack({ redisUrl, config, hosts: [host, host] })
    const load = async (model: string): Promise<unknown> =>
      Promise.all(
        stack.hosts.map(({ url }) => post(`${url}/api/generate`, { model }).then(response => response.json())),
      )
    await load('llama3.2')
    await load('other')
    const known = async (): Promise<number[]> =>
      [...(await readMemory(stack.redis, stack.keys, ['h0', 'h1'])).values()].map(models => models.length)
    await expect.poll(known, { timeout: 5_000 }).toEqual([2, 2])
    const [status, answered] = await jsonOf(post(`${stack.url}${path}`, { model: 'llama3.2', ...body, keep_alive: 0 }))
    expect(status).toBe(200)
    expect(answered).toMatchObject({ model: 'llama3.2', ...said, done: true, done_reason: 'unload' })
    const loadedOn = async (url: string): Promise<string[]> => {
      const { models } = (await (await fetch(`${url}/api/ps`)).json()) as { models: { name: string }[] }
      return models.map(({ name }) => name)
    }
    for (const { url } of stack.hosts)
      await expect.poll(() => loadedOn(url), { timeout: 5_000 }).toEqual(['other:latest'])
    expect(await jsonOf(post(`${stack.url}${path}`, { model: 'nope', ...body, keep_alive: 0 }))).toEqual([
      404,
      sentence(/nope/),
    ])
  },
)

test('150. a model that was asked a moment ago is unloaded, too', async () => {
  await using stack = await startStack({ redisUrl, config: { clients: { unload: true } } })
  const [host] = stack.hosts
  expect((await jsonOf(generate(stack, { stream: false })))[0]).toBe(200)
  expect((await jsonOf(generate(stack, { prompt: '', keep_alive: 0 })))[0]).toBe(200)
  await host!.waitFor(() => host!.controls.some(({ body }) => body.includes('"keep_alive":0')), 5_000)
})

test('150. keep_alive 0 with something to answer is answered, and the model stays a moment', async () => {
  await using stack = await startStack({ redisUrl })
  const response = await generate(stack, { keep_alive: 0, stream: false, options: { seed: 4 } })
  expect(response.headers.get('x-drover-adjusted')).toBe('keep_alive=1')
  expect(await response.json()).toMatchObject({ response: answer(4, 32) })
})
