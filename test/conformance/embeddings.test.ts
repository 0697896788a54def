import { describe, expect, inject, test } from 'vitest'
import { embedding } from '../fakes/ollama/tokens.ts'
import { expectRefusal } from '../support/refusal.ts'
import { ask as askChat, post, postChat } from '../support/sse-client.ts'
import { startStack, type Stack, type StackOptions } from '../support/stack.ts'
import { openaiClient } from '../support/streaming.ts'

/** /v1/embeddings. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

const model = 'nomic-embed-text'

const start = (options: Partial<StackOptions> = {}): Promise<Stack> =>
  startStack({ redisUrl, hosts: [{ models: [model, 'llama3.2'] }], ...options })

interface Embeddings {
  object: string
  data: { object: string; index: number; embedding: number[] | string }[]
  model: string
  usage: { prompt_tokens: number; total_tokens: number }
}

const postEmbeddings = (stack: Stack, body: object): Promise<Response> =>
  post(`${stack.url}/v1/embeddings`, { model, ...body })

const embed = async (stack: Stack, body: object): Promise<Embeddings> => {
  const response = await postEmbeddings(stack, body)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  return (await response.json()) as Embeddings
}

const refuse = async (stack: Stack, body: object, param: string): Promise<void> =>
  expectRefusal(await postEmbeddings(stack, body), 400, 'invalid_request', param)

const exact = (text: string, dimensions = 64): number[] => embedding(text, dimensions).map(Math.fround)

describe('77. inputs', () => {
  test('77. one text gives one vector, in numbers', async () => {
    await using stack = await start()
    expect(await embed(stack, { input: 'one two' })).toEqual({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: exact('one two') }],
      model,
      usage: { prompt_tokens: 2, total_tokens: 2 },
    })
  })

  test('77. several give as many, in their order, also in the largest list', async () => {
    await using stack = await start()
    const input = Array.from({ length: 2_048 }, (_, index) => `text ${index}`)
    const { data, usage } = await embed(stack, { input, stream: true })
    expect(data.map(({ index }) => index)).toEqual(input.map((_, index) => index))
    expect(data.map(item => item.embedding)).toEqual(input.map(text => exact(text)))
    expect(usage).toEqual({ prompt_tokens: 4_096, total_tokens: 4_096 })
  })
})

describe('78. base64', () => {
  test('78. openai-node asks for it without being told, and reads the same numbers as from floats', async () => {
    await using stack = await start()
    const openai = openaiClient(stack)
    const input = ['one', 'two']
    const silent = await openai.embeddings.create({ model, input })
    const floats = await openai.embeddings.create({ model, input, encoding_format: 'float' })
    expect(silent.data).toHaveLength(2)
    for (const [index, { embedding: numbers }] of floats.data.entries())
      for (const [at, number] of numbers.entries())
        expect(Math.abs(number - silent.data[index]!.embedding[at]!)).toBeLessThan(1e-6)
  })

  test('78. it is float32, little-endian', async () => {
    await using stack = await start()
    const { data } = await embed(stack, { input: 'x', encoding_format: 'base64' })
    const bytes = Buffer.from(String(data[0]!.embedding), 'base64')
    expect(Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4))).toEqual(exact('x'))
  })
})

test('79. another encoding, or an input without text, is refused', async () => {
  await using stack = await start()
  await refuse(stack, { input: 'x', encoding_format: 'hex' }, 'encoding_format')
  for (const input of ['', [], null, {}, undefined]) await refuse(stack, { input }, 'input')
  await refuse(stack, { input: [''] }, 'input[0]')
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('80. tokens in place of text are refused in words that say so, and so are more than 2048 inputs', async () => {
  await using stack = await start()
  for (const input of [[1, 2], [[1, 2]]]) {
    const response = await postEmbeddings(stack, { input })
    expect(await response.clone().text()).toContain('tokens are not supported')
    await expectRefusal(response, 400, 'invalid_request', 'input[0]')
  }
  await refuse(stack, { input: Array.from({ length: 2_049 }, () => 'x') }, 'input')
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('81. dimensions is how long the vectors are; less than one is refused', async () => {
  await using stack = await start()
  for (const dimensions of [64, 16]) {
    const { data } = await embed(stack, { input: 'x', dimensions })
    expect(data[0]!.embedding).toHaveLength(dimensions)
  }
  for (const dimensions of [0, -1, 1.5]) await refuse(stack, { input: 'x', dimensions }, 'dimensions')
})

describe('82. a model that cannot do it', () => {
  const hosts = [{ models: [model, 'llama3.2'], capabilities: { [model]: ['embedding'], 'llama3.2': ['completion'] } }]

  test('82. is refused with 400: a chat model asked for embeddings', async () => {
    await using stack = await start({ hosts })
    await expectRefusal(
      await postEmbeddings(stack, { model: 'llama3.2', input: 'x' }),
      400,
      'model_unsupported',
      'model',
    )
  })

  test('82. is refused with 400: an embedding model asked to chat or to complete, streamed or not', async () => {
    await using stack = await start({ hosts })
    for (const stream of [false, true]) {
      await expectRefusal(
        await postChat(stack.url, askChat('hi', { model, stream })),
        400,
        'model_unsupported',
        'model',
      )
      const completion = await post(`${stack.url}/v1/completions`, { model, prompt: 'hi', stream })
      await expectRefusal(completion, 400, 'model_unsupported', 'model')
    }
  })
})
