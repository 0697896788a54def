import { expect, inject, test } from 'vitest'
import { embedding } from '../fakes/ollama/tokens.ts'
import { jsonOf, sentence, type Line } from '../support/ndjson.ts'
import { post } from '../support/sse-client.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** /api/embed and /api/embeddings. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

const model = 'nomic-embed-text'
const start = (): Promise<Stack> => startStack({ redisUrl, hosts: [{ models: [model] }] })

const embed = (stack: Stack, body: object): Promise<[number, unknown]> =>
  jsonOf(post(`${stack.url}/api/embed`, { model, ...body }))

const expectVectors = (body: unknown, texts: readonly string[], dimensions: number): void => {
  const { embeddings } = body as { embeddings: number[][] }
  expect(embeddings.map(vector => vector.length)).toEqual(texts.map(() => dimensions))
  for (const [index, text] of texts.entries())
    for (const [at, value] of embedding(text, dimensions).entries())
      expect(embeddings[index]![at]).toBeCloseTo(value, 6)
}

test('153. a text gives one vector, and a list gives them in its order', async () => {
  await using stack = await start()
  const [status, one] = await embed(stack, { input: 'sheep' })
  expect(status).toBe(200)
  expectVectors(one, ['sheep'], 64)
  expect(one).toEqual({
    model,
    embeddings: expect.any(Array),
    total_duration: expect.any(Number),
    load_duration: expect.any(Number),
    prompt_eval_count: 1,
  })
  const texts = ['one two', 'three', '日本', 'one two']
  const [, several] = await embed(stack, { input: texts, stream: true })
  expectVectors(several, texts, 64)
  expect((several as Line)['prompt_eval_count']).toBe(6)
})

test('153. dimensions cut the vectors', async () => {
  await using stack = await start()
  const [, cut] = await embed(stack, { input: ['a', 'b'], dimensions: 16 })
  expectVectors(cut, ['a', 'b'], 16)
})

test.each([[[]], [''], [null]])('153. input %j has the model loaded and gives no vectors', async input => {
  await using stack = await start()
  expect(await embed(stack, { input })).toEqual([200, expect.objectContaining({ model, embeddings: [] })])
  expect(stack.hosts[0]!.loads).toBe(1)
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('153. an input that is neither is 400 and names the field', async () => {
  await using stack = await start()
  for (const input of [7, true, {}]) expect(await embed(stack, { input })).toEqual([400, sentence(/'input'.*must be/)])
  expect(await embed(stack, { input: ['a', 1] })).toEqual([400, sentence(/input\[1\]/)])
  expect(await embed(stack, { input: Array.from({ length: 2_049 }, () => 'a') })).toEqual([400, sentence(/2048/)])
  expect(await embed(stack, { input: 'a', dimensions: -1 })).toEqual([400, sentence(/dimensions/)])
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('153. an input longer than the context is cut, or with truncate:false 400', async () => {
  await using stack = await start()
  const long = 'sheep '.repeat(5_000)
  expect((await embed(stack, { input: long }))[0]).toBe(200)
  expect(await embed(stack, { input: ['a', long], truncate: false })).toEqual([400, sentence(/context length/)])
})

test('153. an unknown model is 404, and one that cannot embed is 400', async () => {
  const capabilities = { chatty: ['completion'] }
  await using stack = await startStack({ redisUrl, hosts: [{ models: ['chatty'], capabilities }] })
  expect(await embed(stack, { model: 'nope', input: 'a' })).toEqual([404, sentence(/nope/)])
  expect(await embed(stack, { model: 'chatty', input: 'a' })).toEqual([400, sentence(/chatty/)])
})

test('154. /api/embeddings gives the one vector of its prompt', async () => {
  await using stack = await start()
  const legacy = (body: object): Promise<[number, unknown]> =>
    jsonOf(post(`${stack.url}/api/embeddings`, { model, ...body }))
  const [status, body] = await legacy({ prompt: 'sheep' })
  expect(status).toBe(200)
  expect(Object.keys(body as object)).toEqual(['embedding'])
  expectVectors({ embeddings: [(body as { embedding: number[] }).embedding] }, ['sheep'], 64)
  expect(await legacy({ prompt: '' })).toEqual([200, { embedding: [] }])
  expect(await legacy({ prompt: ['sheep'] })).toEqual([400, sentence(/prompt/)])
})
