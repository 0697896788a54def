import type { ChatRequest } from '@drover/shared/requests'
import { z } from 'zod'
import { check, variants } from '../check.ts'
import type { ParsedRequest } from '../dialect.ts'
import { toJson } from '../json.ts'
import { effort, think, thinkOfEffort } from '../think.ts'
import {
  extensions,
  flag,
  integer,
  model,
  object,
  optionsOf,
  sampling,
  serviceTier,
  streaming,
  string,
  tokens,
} from './fields.ts'
import { messages, toMessages } from './messages.ts'
import { refuseMissingTools, toolChoice, tools, toolsOf } from './tools.ts'

/**
 * OpenAI's CreateChatCompletionRequest. Null means absent. What would change the answer and cannot be honoured is refused.
 *
 * `max_completion_tokens` wins over `max_tokens`, `reasoning_effort` over `reasoning.effort`, both over `think`, and every
 * field over its namesake in `options`.
 *
 * Ignored: what changes nothing here (`metadata`, `store`, `user`, `prediction`, `verbosity`, …), tiers of service but
 * "flex", which is what can wait, `stream_options` without `stream`, and fields OpenAI does not know.
 */

/** Every choice is a job of its own, so one request must not fill the queue. */
const choicesMax = 8

const responseFormat = variants(
  'type',
  [
    z.object({ type: z.literal('text') }),
    z.object({ type: z.literal('json_object') }),
    z.object({
      type: z.literal('json_schema'),
      json_schema: z.object(
        { name: string.min(1, 'must not be empty'), schema: object },
        'must be an object with name and schema',
      ),
    }),
  ],
  'must be "text", "json_object" or "json_schema"',
)

/** What the stream needs to know of the body. */
export interface ChatEcho {
  readonly includeUsage: boolean
}

export const chatBody = z
  .object(
    {
      model,
      messages,
      ...streaming,
      n: integer(1, choicesMax, `must be an integer from 1 to ${choicesMax}`).meta({
        description: 'How many answers. Each is a job of its own.',
      }),
      max_completion_tokens: tokens.meta({ description: 'Over `max_tokens`.' }),
      max_tokens: tokens,
      ...sampling,
      response_format: responseFormat.nullish(),
      tools: tools.nullish(),
      tool_choice: toolChoice
        .nullish()
        .meta({ description: 'Refused where it names a tool that is not among `tools`.' }),
      parallel_tool_calls: flag,
      reasoning_effort: effort
        .nullish()
        .meta({ description: 'Over `reasoning` and `think`. Left out for a model that cannot think.' }),
      reasoning: z.object({ effort: effort.nullish() }, 'must be an object with an effort').nullish(),
      logprobs: flag.meta({ description: 'Refused where answers are scanned before they are shown.' }),
      top_logprobs: integer(0, 20, 'must be an integer from 0 to 20').meta({
        description: 'Refused above 0 without `logprobs`.',
      }),
      modalities: z.array(z.literal('text', 'must be "text": only text is generated'), 'must be a list').nullish(),
      service_tier: serviceTier,
      functions: z
        .array(z.unknown(), 'must be a list')
        .max(0, 'must be empty or absent: send "tools" instead')
        .nullish()
        .meta({ description: 'What `tools` was before.' }),
      ...extensions,
      think: think.nullish(),
    },
    'must be a JSON object',
  )
  .superRefine((body, context) => {
    refuseMissingTools(body, context)
    if (body.top_logprobs && !body.logprobs)
      context.addIssue({
        code: 'custom',
        path: ['top_logprobs'],
        message: 'must be 0 or absent unless logprobs is true',
      })
  })
  .meta({ id: 'ChatCompletionRequest' })

type Body = z.output<typeof chatBody>

export const parseChat = (raw: unknown): ParsedRequest<ChatEcho> => {
  const body = check(chatBody, raw)
  const stream = body.stream ?? false
  const request: ChatRequest = {
    kind: 'chat',
    messages: toMessages(body.messages),
    ...toolsOf(body, (raw as { tools?: unknown }).tools),
    formatJson: formatJson(body.response_format),
    options: optionsOf(body, body.max_completion_tokens ?? body.max_tokens),
    keepAliveS: body.keep_alive ?? undefined,
    think: thinkOfEffort(body.reasoning_effort ?? body.reasoning?.effort) ?? body.think ?? undefined,
    topLogprobs: body.logprobs ? (body.top_logprobs ?? 0) : undefined,
  }
  return {
    model: body.model,
    requests: Array.from({ length: body.n ?? 1 }, () => request),
    stream,
    echo: { includeUsage: stream && (body.stream_options?.include_usage ?? false) },
    ...(body.service_tier === 'flex' && { class: 'background' }),
  }
}

const formatJson = (format: Body['response_format']): string | undefined => {
  switch (format?.type) {
    case 'json_object':
      return '"json"'
    case 'json_schema':
      return toJson(format.json_schema.schema)
    default:
      return undefined
  }
}
