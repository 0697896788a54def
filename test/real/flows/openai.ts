import { OpenAI } from 'openai'
import type { Flow, Target } from '../flow.ts'
import { weather } from './ollama.ts'

/** The official `openai` client. Ollama has these endpoints too: what its own lack is said beside each flow. */

const client = ({ url }: Target): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 })
const messages = [{ role: 'user' as const, content: 'hello' }]
const common = { messages, seed: 1, temperature: 0, top_p: 1, max_tokens: 12 }

const chat = async (target: Target): Promise<unknown> => {
  const { choices, usage } = await client(target).chat.completions.create({ model: target.models.chat, ...common })
  const [choice] = choices
  return { content: choice?.message.content, finish: choice?.finish_reason, usage }
}

const chatStream = async (target: Target): Promise<unknown> => {
  const stream = client(target).chat.completions.stream({
    model: target.models.chat,
    ...common,
    stream_options: { include_usage: true },
  })
  const { choices, usage } = await stream.finalChatCompletion()
  return { content: choices[0]?.message.content, finish: choices[0]?.finish_reason, usage }
}

const tools = [{ type: 'function' as const, function: weather.function }]

const chatTools = async (target: Target, stream: boolean): Promise<unknown> => {
  const { tools: model } = target.models
  if (model === undefined) return undefined
  const body = { model, ...common, max_tokens: 100, tools, reasoning_effort: 'none' as const }
  const { completions } = client(target).chat
  const answer = stream ? await completions.stream(body).finalChatCompletion() : await completions.create(body)
  const [choice] = answer.choices
  return {
    finish: choice?.finish_reason,
    // Their members come in any order, and escaped or not.
    calls: choice?.message.tool_calls?.flatMap(call =>
      call.type === 'function'
        ? [{ name: call.function.name, args: JSON.parse(call.function.arguments) as unknown }]
        : [],
    ),
  }
}

const named = async (target: Target): Promise<unknown> => {
  const all = await Array.fromAsync(client(target).models.list())
  return all.map(({ id }) => id.replace(/:latest$/, '')).sort()
}

const vectors = async (target: Target, format: 'float' | 'base64'): Promise<unknown> => {
  const { embedder: model } = target.models
  if (model === undefined) return undefined
  const { data, usage } = await client(target).embeddings.create({
    model,
    input: ['a', 'b c'],
    ...(format === 'float' ? { encoding_format: 'float' } : {}),
  })
  return { vectors: data.map(({ embedding }) => embedding.map(value => value.toFixed(6))), usage }
}

const completion = async (target: Target): Promise<unknown> => {
  const { messages: _, ...body } = common
  const model = target.models.chat
  const { choices, usage } = await client(target).completions.create({ model, prompt: 'hello', ...body })
  return { text: choices[0]?.text, finish: choices[0]?.finish_reason, usage }
}

const response = async (target: Target): Promise<unknown> => {
  const { chat: model } = target.models
  const answer = await client(target).responses.create({
    model,
    input: 'hello',
    temperature: 0,
    max_output_tokens: 16,
  })
  return { text: answer.output_text, tokens: answer.usage?.output_tokens }
}

const responseStream = async (target: Target): Promise<unknown> => {
  const { chat: model } = target.models
  const stream = client(target).responses.stream({ model, input: 'hello', temperature: 0, max_output_tokens: 16 })
  const { output_text: text, status, incomplete_details: why } = await stream.finalResponse()
  return { text, status, why }
}

export const openaiFlows: readonly Flow[] = [
  { name: 'openai models', run: named },
  { name: 'openai chat', run: chat },
  { name: 'openai chat, streamed', run: chatStream },
  { name: 'openai chat with a tool', run: target => chatTools(target, false) },
  { name: 'openai chat with a tool, streamed', run: target => chatTools(target, true) },
  { name: 'openai completion', run: completion },
  { name: 'openai embeddings, floats', run: target => vectors(target, 'float') },
  { name: 'openai embeddings, base64', run: target => vectors(target, 'base64') },
  { name: 'openai response', run: response },
  {
    name: 'openai response, cut short and streamed',
    differs: 'Ollama says "completed" of an answer that was cut short',
    run: responseStream,
  },
]
