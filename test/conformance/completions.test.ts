import { APIError } from 'openai'
import { describe, expect, inject, test } from 'vitest'
import { logprobOf } from '../fakes/ollama/logprobs.ts'
import { answer } from '../fakes/ollama/tokens.ts'
import { expectRefusal } from '../support/refusal.ts'
import { post, readStream } from '../support/sse-client.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { openaiClient } from '../support/streaming.ts'

/** /v1/completions. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

interface Logprobs {
  tokens: string[]
  token_logprobs: number[]
  top_logprobs: Record<string, number>[]
  text_offset: number[]
}
interface Completion {
  id: string
  object: string
  created: number
  model: string
  choices: { text: string; index: number; logprobs: Logprobs | null; finish_reason: string | null }[]
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | null
}

const ask = (prompt: unknown, more: object = {}): object => ({ model: 'llama3.2', prompt, ...more })

const postCompletion = (stack: Stack, body: object): Promise<Response> => post(`${stack.url}/v1/completions`, body)

const complete = async (stack: Stack, body: object): Promise<Completion> => {
  const response = await postCompletion(stack, body)
  expect(response.status).toBe(200)
  return (await response.json()) as Completion
}

const stream = async (stack: Stack, body: object): Promise<{ chunks: Completion[]; data: string[] }> => {
  const response = await postCompletion(stack, { ...body, stream: true })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const { chunks, data } = await readStream(response)
  return { chunks: chunks as unknown as Completion[], data }
}

const refuse = async (stack: Stack, body: object, param: string): Promise<void> =>
  expectRefusal(await postCompletion(stack, body), 400, 'invalid_request', param)

const lastSent = (stack: Stack): Record<string, unknown> =>
  JSON.parse(stack.hosts[0]!.requests.at(-1)!.body) as Record<string, unknown>

test('71. a prompt is answered with a text_completion of every required key', async () => {
  await using stack = await startStack({ redisUrl })
  expect(await complete(stack, ask('one two', { seed: 7, max_tokens: 6 }))).toEqual({
    id: expect.stringMatching(/^cmpl-\w+$/),
    object: 'text_completion',
    created: expect.any(Number),
    model: 'llama3.2',
    choices: [{ text: answer(7, 6), index: 0, logprobs: null, finish_reason: 'length' }],
    usage: { prompt_tokens: 2, completion_tokens: 6, total_tokens: 8 },
  })
})

test('12. null in every nullable field is the same as its absence; 13. fields nobody knows reach no host', async () => {
  await using stack = await startStack({ redisUrl })
  const nullable =
    'best_of echo frequency_penalty logit_bias logprobs max_tokens n presence_penalty seed stop stream stream_options suffix ' +
    'temperature top_p user'
  const nulls = Object.fromEntries(nullable.split(' ').map(name => [name, null]))
  const plain = await complete(stack, ask('hi'))
  for (const more of [nulls, { shoe_size: 43, user: 'u' }]) {
    expect((await complete(stack, ask('hi', more))).choices).toEqual(plain.choices)
    expect(stack.hosts[0]!.requests.at(-1)!.body).toBe(stack.hosts[0]!.requests[0]!.body)
  }
})

test('71. stop, suffix and sampling reach the host', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ capabilities: { 'llama3.2': ['completion', 'insert'] } }],
  })
  const body = ask('echo: a b STOP c', { stop: 'STOP', suffix: 'the end', temperature: 0.5, max_tokens: 50 })
  const { choices } = await complete(stack, body)
  expect(choices).toEqual([{ text: 'a b ', index: 0, logprobs: null, finish_reason: 'stop' }])
  expect(lastSent(stack)).toMatchObject({
    prompt: 'echo: a b STOP c',
    suffix: 'the end',
    options: { stop: ['STOP'], temperature: 0.5, num_predict: 50 },
  })
})

describe('72. several answers', () => {
  test('72. two prompts of two answers each are four choices, in order; each prompt counts once', async () => {
    await using stack = await startStack({ redisUrl })
    const { choices, usage } = await complete(stack, ask(['echo: a', 'echo: b b'], { n: 2, max_tokens: 50 }))
    expect(choices.map(({ index, text }) => [index, text])).toEqual([
      [0, 'a'],
      [1, 'a'],
      [2, 'b b'],
      [3, 'b b'],
    ])
    expect(usage!.prompt_tokens).toBe(2 + 3)
  })

  test('72. more than twenty in one request are refused, and best_of that would throw some away', async () => {
    await using stack = await startStack({ redisUrl })
    await refuse(stack, ask(Array.from({ length: 21 }, () => 'x')), 'prompt')
    await refuse(stack, ask(['a', 'b'], { n: 11 }), 'n')
    await refuse(stack, ask('a', { n: 2, best_of: 3 }), 'best_of')
    expect(stack.hosts[0]!.requests).toHaveLength(0)
  })
})

test('73. tokens in place of text are refused in words that say so', async () => {
  await using stack = await startStack({ redisUrl })
  for (const prompt of [
    [1, 2, 3],
    [[1, 2], [3]],
  ]) {
    const response = await postCompletion(stack, ask(prompt))
    expect(await response.clone().text()).toContain('tokens are not supported')
    await expectRefusal(response, 400, 'invalid_request', 'prompt[0]')
  }
  for (const [prompt, param] of [
    ['', 'prompt'],
    [[], 'prompt'],
    [null, 'prompt'],
    [undefined, 'prompt'],
    [['a', ''], 'prompt[1]'],
  ] as const)
    await refuse(stack, ask(prompt), param)
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('74. without max_tokens an answer has sixteen at most', async () => {
  await using stack = await startStack({ redisUrl })
  const { choices, usage } = await complete(stack, ask('hi', { seed: 3 }))
  expect(choices[0]).toMatchObject({ text: answer(3, 16), finish_reason: 'length' })
  expect(usage!.completion_tokens).toBe(16)
  expect(lastSent(stack)['options']).toMatchObject({ num_predict: 16 })
})

describe('75. echo', () => {
  test('75. the text begins with the prompt, streamed or not', async () => {
    await using stack = await startStack({ redisUrl })
    const body = ask(['Say: ', 'Tell: '], { echo: true, seed: 3, max_tokens: 4 })
    const texts = [`Say: ${answer(3, 4)}`, `Tell: ${answer(3, 4)}`]
    expect((await complete(stack, body)).choices.map(({ text }) => text)).toEqual(texts)
    const { chunks } = await stream(stack, body)
    const choices = chunks.flatMap(chunk => chunk.choices)
    const textOf = (index: number): string =>
      choices
        .filter(choice => choice.index === index)
        .map(({ text }) => text)
        .join('')
    expect([textOf(0), textOf(1)]).toEqual(texts)
  })

  test('75. with log probabilities it is refused: those of a prompt are not known', async () => {
    await using stack = await startStack({ redisUrl })
    await refuse(stack, ask('hi', { echo: true, logprobs: 0 }), 'logprobs')
  })
})

describe('76. a stream', () => {
  test('76. has text_completion chunks of one id, one finish, then [DONE]', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
    const { chunks, data } = await stream(stack, ask('hi', { seed: 5, max_tokens: 9 }))
    const heads = chunks.map(({ id, object, created, model }) => JSON.stringify({ id, object, created, model }))
    expect(new Set(heads).size).toBe(1)
    expect(chunks[0]).toMatchObject({ object: 'text_completion', model: 'llama3.2' })
    expect(chunks.flatMap(chunk => chunk.choices.map(({ text }) => text)).join('')).toBe(answer(5, 9))
    const finished = chunks.filter(chunk => chunk.choices[0]!.finish_reason !== null)
    expect(finished).toEqual([chunks.at(-1)])
    expect(chunks.at(-1)!.choices).toEqual([{ text: '', index: 0, logprobs: null, finish_reason: 'length' }])
    expect(data.indexOf('[DONE]')).toBe(data.length - 1)
    expect(chunks.some(chunk => 'usage' in chunk || 'error' in chunk)).toBe(false)
  })

  test('76. include_usage: every chunk has usage null, the last one no choices and the usage', async () => {
    await using stack = await startStack({ redisUrl })
    const body = ask(['one', 'two two'], { max_tokens: 3, stream_options: { include_usage: true } })
    const { chunks } = await stream(stack, body)
    expect(chunks.slice(0, -1).every(chunk => chunk.usage === null)).toBe(true)
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 6, total_tokens: 9 },
    })
  })

  test('76. openai-node reads it', async () => {
    await using stack = await startStack({ redisUrl })
    const request = { model: 'llama3.2', prompt: 'hi', seed: 5, max_tokens: 9, stream: true } as const
    let text = ''
    for await (const chunk of await openaiClient(stack).completions.create(request)) text += chunk.choices[0]!.text
    expect(text).toBe(answer(5, 9))
  })

  test('76. that fails in the middle says so, and has no [DONE]', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 5 }] })
    stack.hosts[0]!.faults.next({ kind: 'errorLine', afterTokens: 3, message: 'boom' })
    const read = async (): Promise<void> => {
      const request = { model: 'llama3.2', prompt: 'hi', stream: true } as const
      for await (const _ of await openaiClient(stack).completions.create(request));
    }
    await expect(read()).rejects.toThrow(APIError)
  })
})

test('log probabilities have the older shape, streamed or not', async () => {
  await using stack = await startStack({ redisUrl })
  const body = ask('hi', { logprobs: 2, seed: 5, max_tokens: 8 })
  const { choices } = await complete(stack, body)
  const [{ text, logprobs }] = choices as [Completion['choices'][number]]
  const { tokens, token_logprobs: weights, top_logprobs: top, text_offset: offsets } = logprobs!
  expect(tokens.join('')).toBe(text)
  expect(tokens).toHaveLength(8)
  expect(weights).toEqual(tokens.map(token => logprobOf(token, 0).logprob))
  expect(top.map(each => Object.keys(each).length)).toEqual(tokens.map(() => 2))
  const characters = Array.from(text)
  expect(offsets.map((at, index) => characters.slice(at, offsets[index + 1]).join(''))).toEqual(tokens)
  const { chunks } = await stream(stack, body)
  const streamed = chunks.flatMap(chunk => chunk.choices.flatMap(choice => choice.logprobs ?? []))
  expect(streamed.flatMap(piece => piece.tokens)).toEqual(tokens)
  expect(streamed.flatMap(piece => piece.text_offset)).toEqual(offsets)
})
