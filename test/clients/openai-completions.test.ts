import OpenAI, { BadRequestError } from 'openai'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { lastRequest } from '../support/host-request.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** The older text completions with the official `openai` client. */

let stack: Stack
let openai: OpenAI

beforeAll(async () => {
  const hosts = [{ capabilities: { coder: ['completion', 'insert'] }, models: ['llama3.2', 'coder'] }]
  stack = await startStack({ redisUrl: inject('redisUrl'), hosts })
  openai = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'any', maxRetries: 0 })
})
afterAll(() => stack[Symbol.asyncDispose]())

const once = { model: 'llama3.2', prompt: 'once upon a time', seed: 7 }

test('a whole text, as long as was asked for', async () => {
  const completion = await openai.completions.create({ ...once, max_tokens: 12 })
  expect(completion).toMatchObject({
    id: expect.stringMatching(/^cmpl-/),
    object: 'text_completion',
    model: 'llama3.2',
    choices: [{ index: 0, text: answer(7, 12), finish_reason: 'length', logprobs: null }],
    usage: { prompt_tokens: 4, completion_tokens: 12, total_tokens: 16 },
  })
  expect(completion._request_id).toMatch(/^r_/)
})

test('a text of sixteen tokens where none was asked for', async () => {
  const { choices } = await openai.completions.create(once)
  expect(choices[0]!.text).toBe(answer(7, 16))
})

test('a streamed text, and its usage in the last chunk', async () => {
  const options = { stream: true, stream_options: { include_usage: true } } as const
  const chunks = await Array.fromAsync(await openai.completions.create({ ...once, ...options }))
  expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(answer(7, 16))
  expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(['length'])
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 20 } })
})

test('two prompts and n: 2 give four choices, those to one prompt side by side, streamed and not', async () => {
  const request = { ...once, prompt: ['echo: a', 'echo: b'], n: 2 }
  const { choices } = await openai.completions.create(request)
  expect(choices.map(({ index, text }) => [index, text])).toEqual([
    [0, 'a'],
    [1, 'a'],
    [2, 'b'],
    [3, 'b'],
  ])
  const texts = ['', '', '', '']
  for await (const chunk of await openai.completions.create({ ...request, stream: true }))
    for (const { index, text } of chunk.choices) texts[index] += text
  expect(texts).toEqual(['a', 'a', 'b', 'b'])
})

test('echo repeats the prompt before the text', async () => {
  const { choices } = await openai.completions.create({ ...once, echo: true, max_tokens: 3 })
  expect(choices[0]!.text).toBe(`once upon a time${answer(7, 3)}`)
})

test('a stop sequence ends the text before it', async () => {
  const { choices } = await openai.completions.create({ ...once, prompt: 'echo: one two END three', stop: 'END' })
  expect(choices[0]).toMatchObject({ text: 'one two ', finish_reason: 'stop' })
})

test('log probabilities in their older shape add up to the text, streamed and not', async () => {
  const request = { ...once, max_tokens: 5, logprobs: 2 }
  const { choices } = await openai.completions.create(request)
  const { tokens, text_offset: offsets, token_logprobs: weights, top_logprobs: top } = choices[0]!.logprobs!
  expect(tokens!.join('')).toBe(answer(7, 5))
  expect(offsets).toHaveLength(5)
  expect(weights!.every(weight => weight < 0)).toBe(true)
  expect(Object.keys(top![0]!)).toContain(tokens![0])
  const streamed: string[] = []
  for await (const chunk of await openai.completions.create({ ...request, stream: true }))
    streamed.push(...(chunk.choices[0]?.logprobs?.tokens ?? []))
  expect(streamed).toEqual(tokens)
})

test('a suffix reaches a model that fills in, and is refused for one that does not', async () => {
  const { choices } = await openai.completions.create({ ...once, model: 'coder', suffix: 'the end' })
  expect(choices[0]!.text).toBe(answer(7, 16))
  expect(lastRequest(stack)).toMatchObject({ prompt: 'once upon a time', suffix: 'the end' })
  const refused = openai.completions.create({ ...once, suffix: 'the end' })
  await expect(refused).rejects.toThrow(BadRequestError)
  await expect(refused).rejects.toMatchObject({ code: 'model_unsupported' })
})

test('a prompt of tokens is refused in words', async () => {
  const refused = openai.completions.create({ ...once, prompt: [1, 2, 3] })
  await expect(refused).rejects.toThrow(/tokens are not supported|must be a string/)
})

test('leaving the loop stops the host within a second', async () => {
  const [host] = stack.hosts
  host!.faults.next({ kind: 'stall', afterTokens: 3 })
  for await (const _ of await openai.completions.create({ ...once, stream: true })) break
  await host!.waitFor(() => host!.requests.at(-1)!.outcome === 'aborted', 1_000)
})
