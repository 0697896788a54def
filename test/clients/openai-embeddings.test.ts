import OpenAI, { APIUserAbortError, BadRequestError } from 'openai'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { embedding } from '../fakes/ollama/tokens.ts'
import { lastRequest } from '../support/host-request.ts'
import { sdkFetch } from '../support/sdk-fetch.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** Embeddings with the official `openai` client, which asks for base64 unless told not to. */

let stack: Stack
let openai: OpenAI

beforeAll(async () => {
  const hosts = [{ models: ['nomic-embed-text', 'llama3.2'], capabilities: { 'llama3.2': ['completion'] } }]
  stack = await startStack({ redisUrl: inject('redisUrl'), hosts })
  openai = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'any', maxRetries: 0 })
})
afterAll(() => stack[Symbol.asyncDispose]())

const model = 'nomic-embed-text'

const expectVector = (vector: readonly number[], text: string, dimensions = 64): void => {
  const expected = embedding(text, dimensions)
  expect(vector).toHaveLength(dimensions)
  for (const [index, value] of vector.entries()) expect(value).toBeCloseTo(expected[index]!, 6)
}

test('one text gives its vector, and base64, which is the default, is the same as floats', async () => {
  const byDefault = await openai.embeddings.create({ model, input: 'a b c' })
  expect(byDefault).toMatchObject({
    object: 'list',
    model,
    data: [{ object: 'embedding', index: 0 }],
    usage: { prompt_tokens: 3, total_tokens: 3 },
  })
  expectVector(byDefault.data[0]!.embedding, 'a b c')
  const floats = await openai.embeddings.create({ model, input: 'a b c', encoding_format: 'float' })
  expect(floats.data[0]!.embedding).toEqual(byDefault.data[0]!.embedding)
})

test('an explicit base64 stays what it is: little-endian float32', async () => {
  const { data } = await openai.embeddings.create({ model, input: 'a', encoding_format: 'base64' })
  const bytes = Buffer.from(data[0]!.embedding, 'base64')
  expect(bytes).toHaveLength(64 * 4)
  expectVector(
    Array.from({ length: 64 }, (_, at) => bytes.readFloatLE(at * 4)),
    'a',
  )
})

test('five hundred texts come back in their order', async () => {
  const input = Array.from({ length: 500 }, (_, index) => `text ${index}`)
  const { data } = await openai.embeddings.create({ model, input })
  expect(data.map(({ index }) => index)).toEqual(input.map((_, index) => index))
  for (const at of [0, 1, 250, 499]) expectVector(data[at]!.embedding, input[at]!)
  // An answer that is written in pieces.
  expect((await openai.embeddings.create({ model, input, encoding_format: 'float' })).data).toEqual(data)
})

test('dimensions shorten the vectors', async () => {
  const { data } = await openai.embeddings.create({ model, input: 'a', dimensions: 16 })
  expectVector(data[0]!.embedding, 'a', 16)
  expect(lastRequest(stack)).toMatchObject({ dimensions: 16 })
})

test('what cannot be embedded is refused at once, with the field and without a retry', async () => {
  const { answers, fetch } = sdkFetch()
  const eager = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'any', fetch })
  const hostRequests = stack.hosts[0]!.requests.length
  for (const input of ['', [], [1, 2], ['a', '']]) {
    const refused = eager.embeddings.create({ model, input })
    await expect(refused).rejects.toThrow(BadRequestError)
    await expect(refused).rejects.toMatchObject({ param: expect.stringMatching(/^input/) })
  }
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400])
  expect(stack.hosts[0]!.requests).toHaveLength(hostRequests)
})

test('a model that chats does not embed, and one that embeds does not chat', async () => {
  const chats = openai.embeddings.create({ model: 'llama3.2', input: 'a' })
  await expect(chats).rejects.toMatchObject({ status: 400, code: 'model_unsupported' })
  const embeds = openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'hi' }] })
  await expect(embeds).rejects.toMatchObject({ status: 400, code: 'model_unsupported' })
})

test('aborting stops the host within a second', async () => {
  const [host] = stack.hosts
  host!.faults.next({ kind: 'neverAnswer' })
  const leave = new AbortController()
  const count = host!.requests.length
  const aborted = expect(openai.embeddings.create({ model, input: 'a' }, { signal: leave.signal })).rejects.toThrow(
    APIUserAbortError,
  )
  await host!.waitFor(() => host!.requests.length > count, 5_000)
  leave.abort()
  await aborted
  await host!.waitFor(() => host!.requests.at(-1)!.outcome === 'aborted', 1_000)
})
