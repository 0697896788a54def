import { describe, expect, test } from 'vitest'
import { contentOf, linesOf, post, user } from './client.ts'
import { type Logprob, logprobOf } from './logprobs.ts'
import { startFakeOllama } from './server.ts'
import { structuredText } from './structured.ts'
import { answer, thinkingTokens, token } from './tokens.ts'

const model = 'llama3.2'
const options = { seed: 4, num_predict: 3 }
const tokens = [0, 1, 2].map(index => token(4, index))

interface Weighed {
  done: boolean
  logprobs?: Logprob[]
}

describe('log probabilities', () => {
  test.each([
    ['chat', { messages: user('x') }],
    ['generate', { prompt: 'x' }],
  ])('%s tells them beside each token, streamed or whole', async (endpoint, asked) => {
    await using fake = await startFakeOllama()
    const body = { model, options, logprobs: true, top_logprobs: 2, ...asked }
    const lines = linesOf(await (await post(`${fake.url}/api/${endpoint}`, body)).text()) as unknown as Weighed[]
    const wanted = tokens.map(text => logprobOf(text, 2))
    expect(lines.map(line => line.logprobs)).toEqual([...wanted.map(one => [one]), undefined])
    const whole = await post(`${fake.url}/api/${endpoint}`, { ...body, stream: false })
    expect(await whole.json()).toMatchObject({ done: true, logprobs: wanted })
  })

  test('thoughts are weighed too; without being asked for, none is told', async () => {
    await using fake = await startFakeOllama()
    const ask = async (more: object): Promise<Weighed> => {
      const body = { model, messages: user('x'), options, think: true, stream: false, ...more }
      return (await (await post(`${fake.url}/api/chat`, body)).json()) as Weighed
    }
    const { logprobs } = await ask({ logprobs: true })
    expect(logprobs).toEqual([...thinkingTokens(4), ...tokens].map(text => logprobOf(text, 0)))
    expect(await ask({ top_logprobs: 5 })).not.toHaveProperty('logprobs')
  })

  test('they stand where Ollama has them', async () => {
    await using fake = await startFakeOllama()
    const keys = async (endpoint: string, asked: object): Promise<string[]> => {
      const body = { model, options, logprobs: true, stream: false, ...asked }
      return Object.keys((await (await post(`${fake.url}/api/${endpoint}`, body)).json()) as object)
    }
    expect((await keys('chat', { messages: user('x') })).slice(2, 7)).toEqual([
      'message',
      'done',
      'done_reason',
      'logprobs',
      'total_duration',
    ])
    const generated = await keys('generate', { prompt: 'x' })
    expect([generated.slice(2, 6), generated.at(-1)]).toEqual([
      ['response', 'done', 'done_reason', 'context'],
      'logprobs',
    ])
  })
})

describe('formats', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'integer' } }, required: ['a', 'b'] }

  test.each([
    ['chat', { messages: user('x') }],
    ['generate', { prompt: 'x' }],
  ])('%s answers with JSON that fits, in small pieces', async (endpoint, asked) => {
    await using fake = await startFakeOllama()
    const body = { model, format: schema, options: { seed: 4 }, ...asked }
    const lines = linesOf(await (await post(`${fake.url}/api/${endpoint}`, body)).text())
    const text = lines.map(line => line.response ?? line.message.content).join('')
    expect(text).toBe(structuredText(schema, 4))
    expect(lines.length).toBeGreaterThan(4)
    expect(JSON.parse(text)).toEqual({ a: expect.any(String), b: 4 })
    const json = await post(`${fake.url}/api/${endpoint}`, { ...body, format: 'json', stream: false })
    expect(await json.text()).toContain('answer')
  })

  test('a thought comes before it, a limit cuts it, and an echo breaks it', async () => {
    await using fake = await startFakeOllama()
    const ask = async (content: string, more: object): Promise<ReturnType<typeof linesOf>> => {
      const body = { model, messages: user(content), format: schema, options: { seed: 4 }, ...more }
      return linesOf(await (await post(`${fake.url}/api/chat`, body)).text())
    }
    const thought = await ask('x', { think: true })
    expect(thought[0]!.message.thinking).toBe(thinkingTokens(4)[0])
    expect(contentOf(thought)).toBe(structuredText(schema, 4))
    const short = await ask('x', { options: { seed: 4, num_predict: 2 } })
    expect([short.length, short.at(-1)!.done_reason]).toEqual([3, 'length'])
    expect(contentOf(await ask('echo: {"a":', {}))).toBe('{"a":')
    expect(contentOf(await ask('x', { format: '' }))).toBe(answer(4, 32))
  })
})

describe('contexts', () => {
  test('generate goes on from the context it is given, and has none in raw mode', async () => {
    await using fake = await startFakeOllama()
    const ask = async (more: object): Promise<object> => {
      const body = { model, prompt: 'one two', options, stream: false, ...more }
      return (await (await post(`${fake.url}/api/generate`, body)).json()) as object
    }
    expect(await ask({ context: [9, 8] })).toMatchObject({ context: [9, 8, 1, 2, 3], prompt_eval_count: 2 })
    expect(await ask({ system: 'be brief' })).toMatchObject({ context: [1, 2, 3], prompt_eval_count: 4 })
    expect(await ask({ raw: true })).not.toHaveProperty('context')
    const sent = { suffix: 's', template: '{{ .Prompt }}', images: ['AAAA'], context: [1] }
    await ask(sent)
    expect(JSON.parse(fake.requests.at(-1)!.body)).toMatchObject(sent)
  })

  test.each([
    ['chat', { messages: user('1 2 3 4 5'), truncate: false }, 400],
    ['generate', { prompt: '1 2 3 4 5', truncate: false }, 400],
    ['chat', { messages: user('1 2 3 4'), truncate: false }, 200],
    ['chat', { messages: user('1 2 3 4 5') }, 200],
  ])('%s of %j in a context of 4 words is %i', async (endpoint, asked, status) => {
    await using fake = await startFakeOllama()
    const response = await post(`${fake.url}/api/${endpoint}`, { model, options: { num_ctx: 4 }, ...asked })
    expect(response.status).toBe(status)
    if (status === 200) return
    const { error } = (await response.json()) as { error: string }
    expect(JSON.parse(error)).toEqual({
      error: {
        code: 400,
        message: 'request (5 tokens) exceeds the available context size (4 tokens), try increasing it',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 5,
        n_ctx: 4,
      },
    })
    expect(fake.running).toBe(0)
    expect(fake.requests[0]!.outcome).toBe('refused')
  })

  test.each<[string, object, number]>([
    ['llama3.2', { shift: false }, 400],
    ['own', {}, 400],
    ['llama3.2', {}, 200],
  ])('%s with %j refuses a long prompt or not: %i', async (name, more, status) => {
    await using fake = await startFakeOllama({ models: ['llama3.2', 'own'], native: ['own'] })
    const asked = { model: name, messages: user('1 2 3 4 5'), options: { num_ctx: 4 }, stream: false, ...more }
    const response = await post(`${fake.url}/api/chat`, asked)
    expect(response.status).toBe(status)
    const words = name === 'own' ? 'request (5 tokens) exceeds' : 'the prompt is longer than the context length'
    if (status === 400) expect(await response.text()).toContain(words)
  })
})
