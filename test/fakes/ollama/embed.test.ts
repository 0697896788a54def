import { describe, expect, test } from 'vitest'
import { post } from './client.ts'
import type { FaultInput } from './faults.ts'
import { startFakeOllama } from './server.ts'
import { embedding } from './tokens.ts'

const model = 'llama3.2'

interface Embedded {
  embeddings: number[][]
  prompt_eval_count: number
}

describe('embeddings', () => {
  test.each([
    ['a text', 'a b', [embedding('a b', 64)], 2],
    ['several', ['a b', 'c'], [embedding('a b', 64), embedding('c', 64)], 3],
    ['an empty text among them', ['', 'c'], [embedding('', 64), embedding('c', 64)], 1],
  ])('%s has a vector each', async (_name, input, embeddings, words) => {
    await using fake = await startFakeOllama()
    const body = JSON.stringify({ model, input })
    const response = await post(`${fake.url}/api/embed`, body)
    expect(await response.json()).toMatchObject({ model, embeddings, prompt_eval_count: words })
    expect(fake.requests).toMatchObject([
      { path: '/api/embed', model, body, tokens: embeddings.length, outcome: 'done' },
    ])
  })

  test.each([{}, { input: null }, { input: '' }, { input: [] }])('%j only loads the model', async asked => {
    await using fake = await startFakeOllama()
    const response = await post(`${fake.url}/api/embed`, { model, ...asked })
    expect(await response.json()).toEqual({ model, embeddings: [] })
    expect([fake.loads, fake.requests.length, fake.controls.length]).toEqual([1, 0, 1])
  })

  test.each([
    ['embed', { input: 1 }, 400, 'invalid input type'],
    ['embed', { input: ['a', 1] }, 400, 'invalid input type'],
    ['embed', { input: { a: 1 } }, 400, 'invalid input type'],
    [
      'embed',
      { input: 'a', dimensions: '8' },
      400,
      'json: cannot unmarshal string into Go struct field EmbedRequest.dimensions of type int',
    ],
    ['embed', { input: 'a', options: { num_ctx: '8' } }, 500, 'option "num_ctx" must be of type integer'],
    [
      'embed',
      { input: ['a', '1 2 3 4 5'], truncate: false, options: { num_ctx: 4 } },
      400,
      'the input length exceeds the context length',
    ],
    [
      'embeddings',
      { prompt: ['a'] },
      400,
      'json: cannot unmarshal array into Go struct field EmbeddingRequest.prompt of type string',
    ],
  ])('%s of %j is refused', async (endpoint, asked, status, error) => {
    await using fake = await startFakeOllama()
    const response = await post(`${fake.url}/api/${endpoint}`, { model, ...asked })
    expect(await response.json()).toEqual({ error })
    expect(response.status).toBe(status)
    expect(fake.requests.map(record => record.outcome)).toEqual(['refused'])
  })

  test('an input that is too long is cut unless that is forbidden', async () => {
    await using fake = await startFakeOllama()
    const response = await post(`${fake.url}/api/embed`, { model, input: '1 2  3 4 5', options: { num_ctx: 4 } })
    expect(await response.json()).toMatchObject({ embeddings: [embedding('1 2 3 4', 64)], prompt_eval_count: 4 })
  })

  test('fewer dimensions are the first of the vector, of length one again', async () => {
    await using fake = await startFakeOllama()
    const of = async (dimensions: number): Promise<number[]> =>
      ((await (await post(`${fake.url}/api/embed`, { model, input: 'x', dimensions })).json()) as Embedded)
        .embeddings[0]!
    const [whole, few] = [await of(0), await of(8)]
    const length = Math.hypot(...whole.slice(0, 8))
    expect(few.map(value => value.toFixed(5))).toEqual(whole.slice(0, 8).map(value => (value / length).toFixed(5)))
    expect((await of(9_999)).length).toBe(64)
  })
})

describe('faults of embeddings', () => {
  const ask = (url: string, signal?: AbortSignal): Promise<Response> =>
    post(`${url}/api/embed`, { model, input: ['a', 'b', 'c'] }, signal)

  test.each<[FaultInput, number, string | RegExp]>([
    [{ kind: 'busy' }, 503, '{"error":"server busy, please try again.  maximum pending requests exceeded"}'],
    [{ kind: 'status', status: 502, body: '<html></html>' }, 502, '<html></html>'],
    [{ kind: 'errorLine', afterTokens: 1, message: 'boom' }, 500, '{"error":"boom"}'],
    [{ kind: 'garbage', afterTokens: 0 }, 200, /^<html>/],
    [{ kind: 'halfLine', afterTokens: 2 }, 200, /^\{"model"[^\]]*$/],
  ])('%o is seen by one client', async (fault, status, text) => {
    await using fake = await startFakeOllama()
    fake.faults.next(fault)
    const response = await ask(fake.url)
    expect(response.status).toBe(status)
    expect(await response.text()).toMatch(text)
    expect((await ask(fake.url)).status).toBe(200)
    expect(fake.requests.map(record => record.outcome)).toEqual(['fault', 'done'])
  })

  test('an early end has the vectors so far, a big one is among them, and split bytes join', async () => {
    await using fake = await startFakeOllama()
    fake.faults.next(
      { kind: 'eof', afterTokens: 2 },
      { kind: 'bigLine', bytes: 5_000_000, afterTokens: 1 },
      { kind: 'splitBytes' },
    )
    const lengths = async (): Promise<number[]> =>
      ((await (await ask(fake.url)).json()) as Embedded).embeddings.map(vector => vector.length)
    expect(await lengths()).toEqual([64, 64])
    expect(await lengths()).toEqual([64, 2_500_000, 64, 64])
    expect(await lengths()).toEqual([64, 64, 64])
  })

  test('a reset is seen, a delay is waited for, and a client that leaves a silent host frees its slot', async () => {
    await using fake = await startFakeOllama()
    fake.faults.next({ kind: 'reset', afterTokens: 1 }, { kind: 'delay', ms: 30 }, { kind: 'neverAnswer' })
    await expect(ask(fake.url)).rejects.toThrow('fetch failed')
    const startedMs = performance.now()
    expect((await ask(fake.url)).status).toBe(200)
    expect(performance.now() - startedMs).toBeGreaterThan(25)
    const leaver = new AbortController()
    const left = ask(fake.url, leaver.signal).catch(() => 'left')
    await fake.waitFor(() => fake.running === 1, 5_000)
    leaver.abort()
    await fake.waitFor(() => fake.running === 0, 5_000)
    expect([await left, fake.requests.at(-1)!.outcome]).toEqual(['left', 'aborted'])
  })

  test('the legacy endpoint is struck too', async () => {
    await using fake = await startFakeOllama()
    fake.faults.next({ kind: 'busy' })
    const legacy = (): Promise<Response> => post(`${fake.url}/api/embeddings`, { model, prompt: 'c' })
    expect((await legacy()).status).toBe(503)
    expect(await (await legacy()).json()).toEqual({ embedding: embedding('c', 64) })
    expect(fake.requests.map(record => record.path)).toEqual(['/api/embeddings', '/api/embeddings'])
  })
})
