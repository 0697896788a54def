import { describe, expect, inject, test } from 'vitest'
import { logprobOf } from '../fakes/ollama/logprobs.ts'
import { answer, thinkingTokens } from '../fakes/ollama/tokens.ts'
import { expectRefusal, traces } from '../support/refusal.ts'
import { ask, postChat } from '../support/sse-client.ts'
import { startStack, type Stack } from '../support/stack.ts'
import { stream } from '../support/streaming.ts'

/** What single fields of /v1/chat/completions do. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

interface Weighed {
  token: string
  logprob: number
  bytes: number[]
}
interface Logprobs {
  content: (Weighed & { top_logprobs: Weighed[] })[]
  refusal: null
}
interface Completion {
  choices: {
    index: number
    message: { content: string; reasoning?: string; reasoning_content?: string }
    logprobs: Logprobs | null
    finish_reason: string
  }[]
  usage: object
}

const complete = async (stack: Stack, body: object): Promise<Completion> => {
  const response = await postChat(stack.url, body)
  expect(response.status).toBe(200)
  return (await response.json()) as Completion
}

const contentOf = async (stack: Stack, body: object): Promise<string> =>
  (await complete(stack, body)).choices[0]!.message.content

/** What the host was asked last, as JSON text and as a value. */
const lastSent = (stack: Stack): { json: string; body: Record<string, unknown> } => {
  const json = stack.hosts[0]!.requests.at(-1)!.body
  return { json, body: JSON.parse(json) as Record<string, unknown> }
}

test('29. an unknown model is 404 model_not_found and leaves nothing in any queue', async () => {
  await using stack = await startStack({ redisUrl })
  await expectRefusal(await postChat(stack.url, ask('hi', { model: 'nope' })), 404, 'model_not_found')
  expect(await traces(stack)).toBe(0)
})

test('30. a name and the same name with :latest, in any case, are one model', async () => {
  await using stack = await startStack({ redisUrl })
  for (const model of ['llama3.2', 'llama3.2:latest', 'Llama3.2:LATEST'])
    expect(await contentOf(stack, ask('hi', { model, seed: 8, max_tokens: 5 }))).toBe(answer(8, 5))
})

describe('31. n', () => {
  test('31. gives as many choices, numbered from 0; usage counts the prompt once', async () => {
    await using stack = await startStack({ redisUrl })
    const { choices, usage } = await complete(stack, ask('one two', { n: 2, seed: 8, max_tokens: 5 }))
    expect(choices.map(({ index }) => index)).toEqual([0, 1])
    expect(choices.map(({ message }) => message.content)).toEqual([answer(8, 5), answer(8, 5)])
    expect(usage).toEqual({ prompt_tokens: 2, completion_tokens: 10, total_tokens: 12 })
  })

  test('31. beyond its bounds is refused, with the bounds', async () => {
    await using stack = await startStack({ redisUrl })
    for (const n of [0, -1, 1.5, 9, 129, '2']) {
      const response = await postChat(stack.url, ask('hi', { n }))
      expect(await response.clone().text()).toContain('must be an integer from 1 to 8')
      await expectRefusal(response, 400, 'invalid_request', 'n')
    }
  })
})

test.each([
  ['temperature', 2.1],
  ['temperature', -0.1],
  ['top_p', 1.1],
  ['frequency_penalty', 3],
  ['presence_penalty', -3],
  ['top_logprobs', 21],
])('32. %s %d is refused', async (field, value) => {
  await using stack = await startStack({ redisUrl })
  const body = ask('hi', { logprobs: true, [field]: value })
  await expectRefusal(await postChat(stack.url, body), 400, 'invalid_request', field)
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

describe('33. stop', () => {
  test('33. ends the text before the sequence, or before the first of several', async () => {
    await using stack = await startStack({ redisUrl })
    for (const [stop, text] of [
      ['X', 'one two '],
      [['Y', 'two'], 'one '],
    ] as const) {
      const { choices } = await complete(stack, ask('echo: one two X three Y', { stop }))
      expect(choices[0]).toMatchObject({ message: { content: text }, finish_reason: 'stop' })
      expect(lastSent(stack).body['options']).toEqual({ stop: [stop].flat() })
    }
  })

  test('33. more than four, or what is no text, is refused', async () => {
    await using stack = await startStack({ redisUrl })
    for (const [stop, param] of [
      [['a', 'b', 'c', 'd', 'e'], 'stop'],
      [[], 'stop'],
      ['', 'stop'],
      [[1], 'stop[0]'],
      [1, 'stop'],
    ] as const)
      await expectRefusal(await postChat(stack.url, ask('hi', { stop })), 400, 'invalid_request', param)
  })
})

test.each(['9223372036854775807', '-9223372036854775808', '9007199254740993'])(
  '34. the seed %s reaches the host digit for digit',
  async seed => {
    await using stack = await startStack({ redisUrl })
    const response = await postChat(
      stack.url,
      JSON.stringify(ask('hi', { seed: 0 })).replace('"seed":0', `"seed":${seed}`),
    )
    expect(response.status).toBe(200)
    expect(lastSent(stack).json).toContain(`"seed":${seed}`)
  },
)

describe('35. response_format', () => {
  test('35. json_object is the host’s "json", a schema goes to it as it is; the answers fit', async () => {
    await using stack = await startStack({ redisUrl })
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, n: { const: 3 } },
      required: ['city', 'n'],
    }
    const any = await contentOf(stack, ask('hi', { response_format: { type: 'json_object' } }))
    expect(JSON.parse(any)).toBeTypeOf('object')
    expect(lastSent(stack).body['format']).toBe('json')
    const json_schema = { name: 'city', strict: true, schema }
    const fitting = await contentOf(stack, ask('hi', { response_format: { type: 'json_schema', json_schema } }))
    expect(JSON.parse(fitting)).toEqual({ city: expect.any(String), n: 3 })
    expect(lastSent(stack).body['format']).toEqual(schema)
    await contentOf(stack, ask('hi', { response_format: { type: 'text' } }))
    expect(lastSent(stack).body).not.toHaveProperty('format')
  })

  test('35. an unknown type, or a schema that is missing, is refused', async () => {
    await using stack = await startStack({ redisUrl })
    for (const [response_format, param] of [
      [{ type: 'xml' }, 'response_format.type'],
      [{ type: 'json_schema' }, 'response_format.json_schema'],
      [{ type: 'json_schema', json_schema: { name: 'x' } }, 'response_format.json_schema.schema'],
      ['json', 'response_format'],
    ] as const)
      await expectRefusal(await postChat(stack.url, ask('hi', { response_format })), 400, 'invalid_request', param)
  })
})

test('42. a developer is the host’s system', async () => {
  await using stack = await startStack({ redisUrl })
  const messages = [
    { role: 'developer', content: 'be brief' },
    { role: 'user', content: 'hi' },
  ]
  await complete(stack, ask('', { messages }))
  expect(lastSent(stack).body['messages']).toEqual([
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'hi' },
  ])
})

describe('43. reasoning_effort', () => {
  test.each([
    ['none', false],
    ['low', 'low'],
    ['xhigh', 'max'],
  ])('43. %s is think %s', async (effort, think) => {
    await using stack = await startStack({ redisUrl })
    for (const field of [{ reasoning_effort: effort }, { reasoning: { effort } }]) {
      await complete(stack, ask('hi', field))
      expect(lastSent(stack).body['think']).toBe(think)
    }
  })

  test('43. another word is refused', async () => {
    await using stack = await startStack({ redisUrl })
    const response = await postChat(stack.url, ask('hi', { reasoning_effort: 'hard' }))
    await expectRefusal(response, 400, 'invalid_request', 'reasoning_effort')
  })

  test('43. a model that does not think answers as if nothing had been said', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ capabilities: { 'llama3.2': ['completion'] } }] })
    expect(await contentOf(stack, ask('hi', { reasoning_effort: 'high', seed: 2, max_tokens: 4 }))).toBe(answer(2, 4))
    expect(lastSent(stack).body).not.toHaveProperty('think')
  })
})

test('44. thoughts are in reasoning and reasoning_content, never in the content', async () => {
  await using stack = await startStack({ redisUrl })
  const { choices } = await complete(stack, ask('hi', { reasoning_effort: 'low', seed: 4, max_tokens: 6 }))
  const thoughts = thinkingTokens(4).join('')
  expect(choices[0]!.message).toMatchObject({ content: answer(4, 6), reasoning: thoughts, reasoning_content: thoughts })
})

describe('45. log probabilities', () => {
  const asked = (text: string, alternatives: number) => {
    const { token, logprob, bytes, top_logprobs: top = [] } = logprobOf(text, alternatives)
    return { token, logprob, bytes, top_logprobs: top }
  }

  test('45. there is one entry per token, each with token, logprob, bytes and as many alternatives as asked for', async () => {
    await using stack = await startStack({ redisUrl })
    for (const [more, alternatives] of [
      [{ top_logprobs: 2 }, 2],
      [{ top_logprobs: 0 }, 0],
      [{}, 0],
    ] as const) {
      const { choices } = await complete(stack, ask('hi', { logprobs: true, seed: 5, max_tokens: 8, ...more }))
      const [{ message, logprobs }] = choices as [Completion['choices'][number]]
      expect(logprobs!.content.map(({ token }) => token).join('')).toBe(message.content)
      expect(logprobs).toEqual({
        content: logprobs!.content.map(({ token }) => asked(token, alternatives)),
        refusal: null,
      })
      expect(logprobs!.content).toHaveLength(8)
    }
  })

  test('45. a stream has them beside the text they are of, and null elsewhere', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
    const { chunks } = await stream(stack, 'hi', { logprobs: true, top_logprobs: 1, seed: 5, max_tokens: 8 })
    const choices = chunks.flatMap(chunk => chunk.choices) as unknown as {
      delta: { content?: string }
      logprobs: Logprobs | null
    }[]
    for (const { delta, logprobs } of choices) {
      const weighed = logprobs?.content.map(({ token }) => token).join('') ?? ''
      expect(weighed).toBe(delta.content ?? '')
    }
    expect(choices.flatMap(({ logprobs }) => logprobs?.content ?? [])).toHaveLength(8)
    expect(choices.at(-1)!.logprobs).toBeNull()
  })
})
