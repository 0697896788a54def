import type { Message } from '@drover/shared/requests'
import { z } from 'zod'
import { check } from '../check.ts'
import type { ParsedRequest } from '../dialect.ts'
import { toJson } from '../json.ts'
import { answered, answeredOf, images, loadOf, object, string } from './fields.ts'

/** Ollama's ChatRequest. Without messages, it only has the model loaded. */

const toolCall = z.object(
  {
    id: string.nullish(),
    function: z.object({ name: string, arguments: object.nullish() }, 'must be an object with name and arguments'),
  },
  'must be an object with a function',
)

const messageBody = z.object(
  {
    role: z.enum(['system', 'user', 'assistant', 'tool'], 'must be "system", "user", "assistant" or "tool"'),
    content: string.nullish(),
    thinking: string.nullish(),
    images: images.nullish(),
    tool_calls: z.array(toolCall, 'must be a list of tool calls').nullish(),
    tool_name: string.nullish(),
    tool_call_id: string.nullish(),
  },
  'must be an object with role and content',
)

const tool = z.object(
  {
    function: z.object({ name: string.min(1, 'must not be empty'), parameters: object.nullish() }, 'must be an object'),
  },
  'must be an object with a function',
)

export const chatBody = z
  .object(
    {
      ...answered,
      messages: z.array(messageBody, 'must be a list of messages').nullish().meta({
        description: 'Absent or empty: the model is only loaded.',
      }),
      tools: z.array(tool, 'must be a list of tools').nullish(),
    },
    'must be a JSON object',
  )
  .meta({ id: 'OllamaChatRequest' })

export const parseChat = (raw: unknown): ParsedRequest<undefined> => {
  const body = check(chatBody, raw)
  const { model, messages, tools, stream } = body
  const toolsJson = tools?.length ? toolsAsWritten(raw) : undefined
  return {
    model,
    requests: [
      messages?.length
        ? { kind: 'chat', ...answeredOf(body), messages: messages.map(toMessage), toolsJson }
        : loadOf(body),
    ],
    stream: stream ?? true,
    echo: undefined,
  }
}

/** The order of keys and fields unknown here may matter to a model. */
const toolsAsWritten = (raw: unknown): string => toJson((raw as { tools: unknown }).tools)

/** A call's id is optional to Ollama: '' where the client gave none. */
const toMessage = (message: z.output<typeof messageBody>): Message => ({
  role: message.role,
  content: message.content ?? '',
  thinking: message.thinking ?? undefined,
  images: message.images ?? undefined,
  toolCalls: message.tool_calls?.map(call => ({
    id: call.id ?? '',
    name: call.function.name,
    arguments: toJson(call.function.arguments ?? {}),
  })),
  toolName: message.tool_name ?? undefined,
  toolCallId: message.tool_call_id ?? undefined,
})
