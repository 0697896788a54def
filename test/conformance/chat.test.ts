import { triesMax } from '@drover/shared/queues'
import { describe, expect, inject, test } from 'vitest'
import type { FaultInput } from '../fakes/ollama/faults.ts'
import { answer } from '../fakes/ollama/tokens.ts'
import { done, part, says } from '../support/host-script.ts'
import { ask, postChat } from '../support/sse-client.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** /v1/chat/completions without `stream`. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

interface Completion {
  choices: { index: number; message: { content: string | null }; finish_reason: string }[]
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number }
}

const complete = async (stack: Stack, body: object): Promise<Completion> => {
  const response = await postChat(stack.url, body)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  return (await response.json()) as Completion
}

const refusal = async (
  stack: Stack,
  body: object,
): Promise<{ status: number; error: { code: string; message: string; param: string | null } }> => {
  const response = await postChat(stack.url, body)
  return {
    status: response.status,
    ...((await response.json()) as { error: { code: string; message: string; param: string | null } }),
  }
}

/** What the host was asked, oldest first. */
const optionsSent = (stack: Stack): Record<string, unknown>[] =>
  stack.hosts[0]!.requests.map(({ body }) => (JSON.parse(body) as { options?: Record<string, unknown> }).options ?? {})

test('23. a minimal request is answered with every required key, nulls included, and no other key but usage', async () => {
  await using stack = await startStack({ redisUrl })
  expect(await complete(stack, ask('hi', { seed: 7, max_tokens: 6 }))).toEqual({
    id: expect.stringMatching(/^chatcmpl-\w+$/),
    object: 'chat.completion',
    created: expect.toSatisfy(
      (created: number) => Number.isInteger(created) && Math.abs(created - Date.now() / 1000) < 60,
    ),
    model: 'llama3.2',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: answer(7, 6), refusal: null },
        logprobs: null,
        finish_reason: 'length',
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 6, total_tokens: 7 },
  })
})

describe('24. usage adds up', () => {
  test('24. total is prompt and completion together', async () => {
    await using stack = await startStack({ redisUrl })
    const { usage } = await complete(stack, ask('one two three', { max_tokens: 4 }))
    expect(usage).toEqual({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 })
  })

  test.each([
    ['no counts', {}, [0, 0, 0]],
    ['no prompt count', { eval_count: 5 }, [0, 5, 5]],
    ['counts that are no numbers', { eval_count: null, prompt_eval_count: 'x' }, [0, 0, 0]],
  ])('24. a host that sends %s gives zeros', async (_name, counts, [prompt, completion, total]) => {
    await using stack = await startStack({ redisUrl })
    stack.hosts[0]!.faults.next(says(part({ content: 'ok' }), done(counts)))
    const { usage } = await complete(stack, ask('hi'))
    expect(usage).toEqual({ prompt_tokens: prompt, completion_tokens: completion, total_tokens: total })
  })
})

test('25. max_tokens is the host’s num_predict, and reaching it is finish_reason length', async () => {
  await using stack = await startStack({ redisUrl })
  const { choices, usage } = await complete(stack, ask('hi', { seed: 3, max_tokens: 5 }))
  expect(choices[0]).toMatchObject({ message: { content: answer(3, 5) }, finish_reason: 'length' })
  expect(usage.completion_tokens).toBe(5)
  expect(optionsSent(stack)).toEqual([{ seed: 3, num_predict: 5 }])
})

test('26. max_completion_tokens means the same, and wins over max_tokens', async () => {
  await using stack = await startStack({ redisUrl })
  for (const limits of [{ max_completion_tokens: 5 }, { max_completion_tokens: 5, max_tokens: 9 }]) {
    const { choices } = await complete(stack, ask('hi', { seed: 3, ...limits }))
    expect(choices[0]).toMatchObject({ message: { content: answer(3, 5) }, finish_reason: 'length' })
  }
  expect(optionsSent(stack).map(options => options['num_predict'])).toEqual([5, 5])
})

test('27. a limit below one, or not an integer, is refused and named', async () => {
  await using stack = await startStack({ redisUrl })
  for (const param of ['max_tokens', 'max_completion_tokens'])
    for (const value of [-1, 0, 1.5, '5', 1e300])
      expect(await refusal(stack, ask('hi', { [param]: value }))).toMatchObject({
        status: 400,
        error: { code: 'invalid_request', param },
      })
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('28. an empty list of messages is refused and never reaches a host, where it would load the model', async () => {
  await using stack = await startStack({ redisUrl })
  for (const messages of [[], null, undefined])
    expect(await refusal(stack, ask('', { messages }))).toMatchObject({
      status: 400,
      error: { code: 'invalid_request', param: 'messages' },
    })
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

describe('46. a host that is busy is not an error', () => {
  test('46. the job goes to another host, or waits; the client sees 200', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
    for (const host of stack.hosts) host.faults.next({ kind: 'busy' })
    const { choices } = await complete(stack, ask('hi', { seed: 5, max_tokens: 4 }))
    expect(choices[0]!.message.content).toBe(answer(5, 4))
    expect(stack.hosts.flatMap(host => host.requests).filter(({ outcome }) => outcome === 'done')).toHaveLength(1)
  })

  test('46. however often it says so', async () => {
    await using stack = await startStack({ redisUrl })
    stack.hosts[0]!.faults.next(...Array.from({ length: triesMax + 1 }, () => ({ kind: 'busy' as const })))
    const { choices } = await complete(stack, ask('hi', { seed: 5, max_tokens: 4 }))
    expect(choices[0]!.message.content).toBe(answer(5, 4))
    expect(stack.hosts[0]!.requests).toHaveLength(triesMax + 2)
  })
})

describe('47. a prompt too long for the model is 400 context_length_exceeded, in words that LangChain recognises', () => {
  const nested = JSON.stringify({
    error: JSON.stringify({
      error: {
        code: 400,
        message: 'request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 9000,
        n_ctx: 4096,
      },
    }),
  })
  const plain = JSON.stringify({
    error: 'the prompt is longer than the context length currently available to the model; raise num_ctx',
  })

  test.each([
    ['the runner’s error as a JSON string within "error"', nested],
    ['Ollama’s own words', plain],
  ])('47. %s', async (_name, body) => {
    await using stack = await startStack({ redisUrl })
    stack.hosts[0]!.faults.next({ kind: 'status', status: 400, body })
    const { status, error } = await refusal(stack, ask('hi'))
    expect(status).toBe(400)
    expect(error).toMatchObject({ type: 'invalid_request_error', code: 'context_length_exceeded' })
    expect(error.message).toContain('maximum context length')
    expect(stack.hosts[0]!.requests).toHaveLength(1)
  })

  test('47. in every language: clients look for the English words', async () => {
    await using stack = await startStack({ redisUrl })
    const prompts = [
      '请告诉我今天的天气怎么样',
      'Расскажи мне, пожалуйста, о погоде',
      'أخبرني عن الطقس اليوم من فضلك',
      '今日の天気を教えてください',
    ]
    for (const prompt of prompts) {
      stack.hosts[0]!.faults.next({ kind: 'status', status: 400, body: nested })
      const { error } = await refusal(stack, ask(prompt))
      expect(error.code).toBe('context_length_exceeded')
      expect(error.message).toMatch(/context_length_exceeded|maximum context length/)
    }
  })
})

describe('48. a host that ends without done is a failure, never a 200 with half an answer', () => {
  test.each<[string, FaultInput]>([
    ['a clean end', { kind: 'eof', afterTokens: 3 }],
    ['half a line', { kind: 'halfLine', afterTokens: 3 }],
    ['a reset', { kind: 'reset', afterTokens: 3 }],
    ['a line of HTML', { kind: 'garbage', afterTokens: 3 }],
    ['its own error', { kind: 'errorLine', afterTokens: 3, message: 'boom' }],
  ])('48. %s', async (_name, fault) => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
    stack.hosts[0]!.faults.next(fault)
    const { status, error } = await refusal(stack, ask('hi'))
    expect(status).toBe(502)
    expect(error.code).toBe(fault.kind === 'errorLine' ? 'upstream_error' : 'upstream_lost')
    expect(stack.hosts[0]!.requests).toHaveLength(1)
  })
})

describe('49. a host that dies before its first byte', () => {
  test('49. is replaced by another, once, and the client sees one answer', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
    for (const host of stack.hosts) host.faults.next({ kind: 'reset', afterTokens: 0 })
    const completion = complete(stack, ask('hi', { seed: 9, max_tokens: 4 }))
    const asked = stack.hosts.map((host, index) =>
      host.waitFor(() => host.requests.length > 0, 10_000).then(() => index),
    )
    const dead = await Promise.race(asked)
    // Whoever was asked first dies; the other one is well.
    stack.hosts[1 - dead]!.faults.clear()
    const { choices } = await completion
    expect(choices.map(({ message }) => message.content)).toEqual([answer(9, 4)])
    await Promise.all(asked)
    expect(stack.hosts.map(host => host.requests.length)).toEqual([1, 1])
  })

  test('49. is not asked for ever: all hosts together are called at most as often as a job is tried', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
    for (const host of stack.hosts) host.faults.every({ kind: 'reset', afterTokens: 0 })
    const { status, error } = await refusal(stack, ask('hi'))
    expect(status).toBe(502)
    expect(error.code).toBe('upstream_failed')
    const calls = stack.hosts.map(host => host.requests.length)
    expect(Math.min(...calls)).toBeGreaterThan(0)
    expect(calls.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(triesMax)
  })
})
