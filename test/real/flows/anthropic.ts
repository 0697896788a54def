import Anthropic from '@anthropic-ai/sdk'
import type { Flow, Target } from '../flow.ts'
import { weather } from './ollama.ts'

/** The official Anthropic client; Ollama has this endpoint too. */

const client = ({ url }: Target): Anthropic => new Anthropic({ baseURL: url, apiKey: 'none', maxRetries: 0 })
const asked = { messages: [{ role: 'user' as const, content: 'hello' }], max_tokens: 12, temperature: 0 }

const seen = ({ content, stop_reason, usage }: Anthropic.Message): unknown => ({
  content: content.map(block => (block.type === 'thinking' ? { type: 'thinking', thinking: block.thinking } : block)),
  stop_reason,
  // Ollama counts only what it had not read before; drover counts the whole prompt.
  tokens: usage.output_tokens,
})

const message = async (target: Target): Promise<unknown> =>
  seen(await client(target).messages.create({ model: target.models.chat, ...asked }))

const messageStream = async (target: Target): Promise<unknown> =>
  seen(
    await client(target)
      .messages.stream({ model: target.models.chat, ...asked })
      .finalMessage(),
  )

const tools = [
  {
    name: weather.function.name,
    description: weather.function.description,
    input_schema: { ...weather.function.parameters, type: 'object' as const },
  },
]

const messageTools = async (target: Target): Promise<unknown> => {
  const { tools: model } = target.models
  if (model === undefined) return undefined
  const body = { ...asked, model, max_tokens: 100, tools, thinking: { type: 'disabled' as const } }
  return seen(await client(target).messages.stream(body).finalMessage())
}

export const anthropicFlows: readonly Flow[] = [
  { name: 'anthropic message', run: message },
  { name: 'anthropic message, streamed', run: messageStream },
  { name: 'anthropic message with a tool, streamed', run: messageTools },
]
