import type { Message } from '@drover/shared/queues'
import { z } from 'zod'
import { check } from './check.ts'
import type { ParsedChat } from './dialect.ts'
import { isBase64 } from './image.ts'
import { toJson } from './json.ts'
import { ollamaOptions } from './ollama-options.ts'

/**
 * Ollama's ChatRequest. Null means absent, as it does to Ollama.
 *
 * Ignored: `keep_alive`, because how long a model stays in memory is the operator's decision and the last request's
 * value would win for everybody; `truncate` and `shift`; fields Ollama does not know.
 */

const string = z.string('must be a string')
const object = z.record(z.string(), z.unknown(), 'must be an object')

const toolCall = z.object(
  {
    id: string.nullish(),
    function: z.object({ name: string, arguments: object.nullish() }, 'must be an object with name and arguments'),
  },
  'must be an object with a function',
)

const message = z.object(
  {
    role: z.enum(['system', 'user', 'assistant', 'tool'], 'must be "system", "user", "assistant" or "tool"'),
    content: string.nullish(),
    thinking: string.nullish(),
    images: z
      .array(string.refine(isBase64, 'must be an image in base64'), 'must be a list of images in base64')
      .nullish(),
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

const levels = ['low', 'medium', 'high', 'max'] as const

const chat = z.object(
  {
    model: string.min(1, 'is required').max(256, 'must have at most 256 characters'),
    messages: z
      .array(message, 'must be a list of messages')
      .min(1, 'must not be empty: models are loaded and unloaded by the operator'),
    stream: z.boolean('must be true or false').nullish(),
    format: z.union([z.literal(['json', '']), object], 'must be "json" or a JSON schema').nullish(),
    options: ollamaOptions.nullish(),
    tools: z.array(tool, 'must be a list of tools').nullish(),
    think: z.union([z.boolean(), z.enum(levels)], `must be true, false or one of ${levels.join(', ')}`).nullish(),
    logprobs: z.literal(false, 'must be false or absent: log probabilities are not available').nullish(),
  },
  'must be a JSON object',
)

export const parseOllama = (raw: unknown): ParsedChat => {
  const body = check(chat, raw)
  return {
    model: body.model,
    choices: 1,
    stream: body.stream ?? true,
    includeUsage: false,
    request: {
      messages: body.messages.map(toMessage),
      toolsJson: body.tools?.length ? toolsJson(raw) : undefined,
      formatJson: body.format ? toJson(body.format) : undefined,
      options: body.options ?? {},
      think: body.think ?? undefined,
    },
  }
}

/** As the client wrote them: the order of keys and fields unknown here may matter to a model. */
const toolsJson = (raw: unknown): string => toJson((raw as { tools: unknown }).tools)

/** A call's id is optional to Ollama: '' where the client gave none. */
const toMessage = (message: z.output<typeof chat>['messages'][number]): Message => ({
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
