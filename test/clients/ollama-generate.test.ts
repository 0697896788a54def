import { Ollama } from 'ollama'
import { expect, inject, test } from 'vitest'
import { answer, embedding } from '../fakes/ollama/tokens.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** The official `ollama` client: prompts without roles, and embeddings. */

const redisUrl = inject('redisUrl')

const client = (stack: Stack): Ollama => new Ollama({ host: stack.url })

const hi = { model: 'llama3.2', prompt: 'hi', options: { seed: 7 } }

test('a whole answer, with every metric and the context that the next prompt goes on from', async () => {
  await using stack = await startStack({ redisUrl })
  const ollama = client(stack)
  const first = await ollama.generate({ ...hi, system: 'be brief', keep_alive: '5m' })
  expect(first).toMatchObject({
    model: 'llama3.2',
    response: answer(7, 32),
    done: true,
    done_reason: 'stop',
    context: [1, 2, 3],
    eval_count: 32,
    prompt_eval_count: expect.any(Number),
    total_duration: expect.any(Number),
    load_duration: expect.any(Number),
    prompt_eval_duration: expect.any(Number),
    eval_duration: expect.any(Number),
  })
  const second = await ollama.generate({ ...hi, context: first.context })
  expect(second.context).toEqual([1, 2, 3, 1, 2, 3])
})

test('a streamed answer, with its thoughts beside it', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
  const parts = await Array.fromAsync(await client(stack).generate({ ...hi, think: true, stream: true }))
  expect(parts.map(part => part.response).join('')).toBe(answer(7, 32))
  expect(parts.map(part => part.thinking ?? '').join('')).not.toBe('')
  expect(parts.findIndex(part => part.done)).toBe(parts.length - 1)
  expect(parts.at(-1)!.context).toEqual([1, 2, 3])
})

test('a schema, an image and a suffix reach the host', async () => {
  const capabilities = { 'llama3.2': ['completion', 'vision', 'insert'] }
  await using stack = await startStack({ redisUrl, hosts: [{ capabilities }] })
  const format = { type: 'object', properties: { age: { type: 'integer' } }, required: ['age'] }
  const image = new Uint8Array([0x89, 0x50, 0x4e, 0x47])
  const { response } = await client(stack).generate({ ...hi, format, images: [image], suffix: 'x' })
  expect(JSON.parse(response!)).toEqual({ age: expect.any(Number) })
  expect(JSON.parse(stack.hosts[0]!.requests[0]!.body)).toMatchObject({ format, images: ['iVBORw=='], suffix: 'x' })
})

test('without a prompt the model is loaded; to unload it is left to the operator, or allowed by one', async () => {
  const load = { model: 'llama3.2', prompt: '' }
  await using stack = await startStack({ redisUrl })
  expect(await client(stack).generate(load)).toMatchObject({ response: '', done: true, done_reason: 'load' })
  const unload = client(stack).generate({ ...load, keep_alive: 0 })
  await expect(unload).rejects.toMatchObject({ status_code: 403, error: expect.stringContaining('operator') })
  await using open = await startStack({ redisUrl, config: { clients: { unload: true } } })
  expect(await client(open).generate({ ...load, keep_alive: 0 })).toMatchObject({ done: true, done_reason: 'unload' })
  const parts = await Array.fromAsync(await client(open).generate({ ...load, keep_alive: 0, stream: true }))
  expect(parts).toEqual([expect.objectContaining({ done: true, done_reason: 'unload' })])
})

test('abort() on a stream stops the host within a second', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
  const [host] = stack.hosts
  const stream = await client(stack).generate({ ...hi, stream: true })
  const reading = (async () => {
    for await (const part of stream) if (part.response !== '') stream.abort()
  })()
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
  await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
})

test('embed() gives a vector per text, and embeddings() the one of its prompt', async () => {
  const model = 'nomic-embed-text'
  await using stack = await startStack({ redisUrl, hosts: [{ models: [model] }] })
  const ollama = client(stack)
  const { embeddings, prompt_eval_count: tokens } = await ollama.embed({
    model,
    input: ['one two', 'three'],
    dimensions: 32,
  })
  expect(embeddings.map(vector => vector.length)).toEqual([32, 32])
  expect(tokens).toBe(3)
  const expected = embedding('one two', 32)
  for (const [at, value] of embeddings[0]!.entries()) expect(value).toBeCloseTo(expected[at]!, 6)
  const one = await ollama.embed({ model, input: 'three' })
  expect((await ollama.embeddings({ model, prompt: 'three' })).embedding).toEqual(one.embeddings[0])
  expect((await ollama.embed({ model, input: [] })).embeddings).toEqual([])
  await expect(ollama.embed({ model: 'nope', input: 'a' })).rejects.toMatchObject({ status_code: 404 })
})
