import { Ollama, type ChatRequest, type EmbedRequest, type GenerateRequest } from 'ollama'
import type { Flow, Target } from '../flow.ts'

/** The official `ollama` client. */

const options = { seed: 1, temperature: 0, num_predict: 12 }
const messages = [{ role: 'user', content: 'hello' }]
const client = ({ url }: Target): Ollama => new Ollama({ host: url })

export const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'the weather of the next days',
    parameters: {
      type: 'object',
      required: ['city'],
      properties: { city: { type: 'string' }, days: { type: 'integer' } },
    },
  },
}

const calling = { tools: [weather], think: false, options: { ...options, num_predict: 100 } }

const chat = (target: Target, model: string, more: Partial<ChatRequest> = {}): Promise<unknown> =>
  client(target).chat({ model, messages, options, ...more, stream: false })

const chatStream = async (target: Target, model: string, more: Partial<ChatRequest> = {}): Promise<unknown> => {
  const said = { content: '', thinking: '', calls: [] as unknown[], last: {} as unknown }
  for await (const part of await client(target).chat({ model, messages, options, ...more, stream: true })) {
    said.content += part.message.content
    said.thinking += part.message.thinking ?? ''
    said.calls.push(...(part.message.tool_calls ?? []))
    said.last = part
  }
  return said
}

const generate = (target: Target, model: string, more: Partial<GenerateRequest> = {}): Promise<unknown> =>
  client(target).generate({ model, prompt: 'hello', options, ...more, stream: false })

const generateStream = async (target: Target, model: string): Promise<unknown> => {
  let text = ''
  let last: unknown
  for await (const part of await client(target).generate({ model, prompt: 'hello', options, stream: true })) {
    text += part.response
    last = part
  }
  return { text, last }
}

const continued = async (target: Target): Promise<unknown> => {
  const first = await client(target).generate({ model: target.models.chat, prompt: 'hello', options })
  const { context } = first
  const second = await client(target).generate({ model: target.models.chat, prompt: 'and', context, options })
  return { first: context, second: second.context, response: second.response }
}

const abort = async (target: Target): Promise<unknown> => {
  const ollama = client(target)
  const { long } = target.models
  let count = 0
  for await (const _ of await ollama.chat({ model: long, messages, stream: true })) if (++count === 3) ollama.abort()
  return count
}

/** Both print a float32, one with more digits. */
const embed = async (target: Target, more: Partial<EmbedRequest>): Promise<unknown> => {
  const { embedder: model } = target.models
  if (model === undefined) return undefined
  const answer = await client(target).embed({ model, input: ['a', 'b c'], ...more })
  return { ...answer, embeddings: answer.embeddings.map(vector => vector.map(Math.fround)) }
}

const named = (models: readonly { readonly name: string }[]): unknown =>
  models.toSorted((a, b) => (a.name < b.name ? -1 : 1))

const list = async (target: Target): Promise<unknown> => named((await client(target).list()).models)

const ps = async (target: Target): Promise<unknown> => {
  const { chat: model } = target.models
  await client(target).chat({ model, messages, options, keep_alive: '5m' })
  // What drover tells is at most one probe old.
  await new Promise(resolve => setTimeout(resolve, 1_000))
  const { models } = await client(target).ps()
  return named(models.filter(({ name }) => name === model || name === `${model}:latest`))
}

const show = async (target: Target): Promise<unknown> => {
  const shown = await client(target).show({ model: target.models.chat })
  return { ...shown, tensors: undefined }
}

const schema = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 5 }, days: { type: 'integer', maximum: 9 } },
  required: ['city', 'days'],
}

const raw = async ({ url }: Target, path: string, method: string): Promise<unknown> => {
  const response = await fetch(`${url}${path}`, { method })
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

export const ollamaFlows: readonly Flow[] = [
  { name: 'ollama-js chat', run: target => chat(target, target.models.chat) },
  { name: 'ollama-js chat, streamed', run: target => chatStream(target, target.models.chat) },
  {
    name: 'ollama-js chat, thinking as the model likes',
    run: async target => target.models.thinker && chat(target, target.models.thinker),
  },
  {
    name: 'ollama-js chat, think: true, streamed',
    run: async target => target.models.thinker && chatStream(target, target.models.thinker, { think: true }),
  },
  {
    name: 'ollama-js chat, think: false',
    run: async target => target.models.thinker && chat(target, target.models.thinker, { think: false }),
  },
  {
    name: 'ollama-js chat with a tool',
    run: async target => target.models.tools && chat(target, target.models.tools, calling),
  },
  {
    name: 'ollama-js chat with a tool, streamed',
    run: async target => target.models.tools && chatStream(target, target.models.tools, calling),
  },
  {
    name: 'ollama-js chat with a schema',
    run: target => chat(target, target.models.chat, { format: schema, options: { ...options, num_predict: 60 } }),
  },
  {
    name: 'ollama-js chat with log probabilities',
    run: target => chat(target, target.models.chat, { logprobs: true, top_logprobs: 2 }),
  },
  {
    name: 'ollama-js chat with a stop text',
    run: target => chat(target, target.models.chat, { options: { ...options, stop: [','] } }),
  },
  { name: 'ollama-js generate', run: target => generate(target, target.models.chat) },
  { name: 'ollama-js generate, streamed', run: target => generateStream(target, target.models.chat) },
  { name: 'ollama-js generate with its context', run: continued },
  {
    name: 'ollama-js generate with a suffix',
    run: async target => target.models.inserter && generate(target, target.models.inserter, { suffix: 'end' }),
  },
  { name: 'ollama-js embed', run: target => embed(target, {}) },
  { name: 'ollama-js embed, fewer dimensions', run: target => embed(target, { dimensions: 4 }) },
  {
    name: 'ollama-js embeddings',
    run: async ({ models, ...target }) =>
      models.embedder && client({ models, ...target }).embeddings({ model: models.embedder, prompt: 'a' }),
  },
  { name: 'ollama-js list', differs: 'before 0.34 Ollama lists fewer capabilities than it shows', run: list },
  { name: 'ollama-js ps', run: ps },
  { name: 'ollama-js show', run: show },
  { name: 'ollama-js version', run: target => client(target).version() },
  { name: 'HEAD /', run: target => raw(target, '/', 'HEAD') },
  { name: 'GET /', run: target => raw(target, '/', 'GET') },
  { name: 'ollama-js load', run: target => client(target).chat({ model: target.models.chat, messages: [] }) },
  { name: 'ollama-js abort in the middle', run: abort },
]
