import { expect, inject, test } from 'vitest'
import { answer, embedding, thinkingTokens } from './fakes/ollama/tokens.ts'
import { streamChat } from './support/chat.ts'
import { post, postChat } from './support/sse-client.ts'
import { startStack, type StackOptions } from './support/stack.ts'

/** drover as a host of drover, by OpenAI's API. */

const redisUrl = inject('redisUrl')
const body = { seed: 7, max_tokens: 40 }
const whole = answer(7, 40)

const json = async (response: Response): Promise<unknown> => {
  expect(response.status).toBe(200)
  return response.json()
}

const args = '{"n":12345678901234567890}'
const callF = {
  model: 'llama3.2',
  messages: [{ role: 'user', content: `call f ${args}` }],
  tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
}

const startChain = async (inner: StackOptions['hosts'], outer: Partial<StackOptions> = {}) => {
  await using started = new AsyncDisposableStack()
  const innermost = started.use(await startStack({ redisUrl, ...(inner && { hosts: inner }) }))
  const otherHosts = [{ type: 'openai' as const, url: innermost.url }]
  const outermost = started.use(await startStack({ redisUrl, hosts: [], otherHosts, ...outer }))
  const owned = started.move()
  const [host] = innermost.hosts
  return { innermost, outermost, host: host!, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

test('another drover answers as its own hosts would: chats, tools, thoughts, completions, embeddings', async () => {
  await using chain = await startChain([{ models: ['llama3.2', 'nomic-embed-text'] }])
  const { url } = chain.outermost
  expect(await streamChat(url, { body })).toMatchObject({ status: 200, text: whole, end: 'length', done: true })
  expect(JSON.parse(chain.host.requests[0]!.body)).toMatchObject({ options: { seed: 7, num_predict: 40 } })
  expect(await json(await postChat(url, callF))).toMatchObject({
    choices: [{ message: { tool_calls: [{ function: { name: 'f', arguments: args } }] }, finish_reason: 'tool_calls' }],
  })
  const thinking = {
    model: 'llama3.2',
    messages: [{ role: 'user', content: 'hi' }],
    reasoning_effort: 'low',
    ...body,
  }
  expect(await json(await postChat(url, thinking))).toMatchObject({
    choices: [{ message: { content: whole, reasoning_content: thinkingTokens(7).join('') } }],
  })
  const completion = { model: 'llama3.2', prompt: 'once', ...body }
  expect(await json(await post(`${url}/v1/completions`, completion))).toMatchObject({ choices: [{ text: whole }] })
  const embeddings = { model: 'nomic-embed-text', input: ['a', 'b'] }
  const answered = (await json(await post(`${url}/v1/embeddings`, embeddings))) as { data: { embedding: number[] }[] }
  expect(answered.data.map(({ embedding: vector }) => vector)).toEqual(
    ['a', 'b'].map(text => Array.from(Float32Array.from(embedding(text, 64)))),
  )
})

test('another drover hears within a second that a client left, and so does its host', async () => {
  await using chain = await startChain([{ tokenMs: 10, tokens: 10_000 }])
  const leave = new AbortController()
  const onData = (): void => leave.abort()
  await streamChat(chain.outermost.url, { signal: leave.signal, onData }).catch(() => {})
  const leftMs = performance.now()
  await chain.host.waitFor(() => chain.host.requests[0]?.outcome === 'aborted', 2_000)
  expect(performance.now() - leftMs).toBeLessThan(1_000)
})

test('an Ollama host takes over from another drover that stops, and the other way round', async () => {
  await using chain = await startChain([{}], { hosts: [{}] })
  const [ollama] = chain.outermost.hosts
  const ask = async (): Promise<void> => {
    // Enough for both hosts to get one.
    const asked = Array.from({ length: 6 }, () => streamChat(chain.outermost.url, { body }))
    for (const result of await Promise.all(asked))
      expect(result).toMatchObject({ status: 200, text: whole, end: 'length', done: true })
  }
  ollama!.faults.every({ kind: 'status', status: 500, body: '{"error":"no"}' })
  await ask()
  expect(ollama!.requests.some(({ outcome }) => outcome === 'fault')).toBe(true)
  ollama!.faults.clear()
  await chain.innermost.services.api[Symbol.asyncDispose]()
  await ask()
  expect(ollama!.requests.filter(({ outcome }) => outcome === 'done')).toHaveLength(6)
})
