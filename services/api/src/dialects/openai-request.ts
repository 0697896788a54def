import { z } from 'zod'
import { check, variants } from './check.ts'
import type { ParsedChat } from './dialect.ts'
import { isInt64, toJson } from './json.ts'
import { messages, toMessages } from './openai-messages.ts'

/**
 * OpenAI's CreateChatCompletionRequest. Null means absent. What would change the answer and cannot be honoured is refused.
 *
 * Ignored: what changes nothing here (`metadata`, `store`, `user`, `prediction`, `verbosity`, …), tiers of service but
 * "flex", which is what can wait, * `stream_options` without `stream`, `parallel_tool_calls`, and fields OpenAI does not know.
 */

/** Every choice is a job of its own, so one request must not fill the queue. */
const choicesMax = 8

const range = (min: number, max: number) => {
  const problem = `must be a number from ${min} to ${max}`
  return z.number(problem).min(min, problem).max(max, problem).nullish()
}

const integer = (min: number, max: number, problem: string) =>
  z.int(problem).min(min, problem).max(max, problem).nullish()

const tokens = integer(1, Number.MAX_SAFE_INTEGER, 'must be an integer of at least 1')
const flag = z.boolean('must be true or false').nullish()
const object = z.record(z.string(), z.unknown(), 'must be an object')

const stopSequence = z.string('must be a string').min(1, 'must not be an empty string')
const stopCount = 'must be a string or a list of 1 to 4 strings'
const stop = z.union([stopSequence, z.array(stopSequence).min(1, stopCount).max(4, stopCount)], stopCount)

const tool = z.object(
  {
    type: z.literal('function', 'must be "function"'),
    function: z.object(
      {
        name: z
          .string('must be a string')
          .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"'),
        description: z.string('must be a string').nullish(),
        parameters: object.nullish(),
        strict: flag,
      },
      'must be an object with a name',
    ),
  },
  'must be an object with type and function',
)

const responseFormat = variants(
  'type',
  [
    z.object({ type: z.literal('text') }),
    z.object({ type: z.literal('json_object') }),
    z.object({
      type: z.literal('json_schema'),
      json_schema: z.object(
        { name: z.string('must be a string').min(1, 'must not be empty'), schema: object },
        'must be an object with name and schema',
      ),
    }),
  ],
  'must be "text", "json_object" or "json_schema"',
)

/** OpenAI's efforts as Ollama's `think`. */
const thinkOf = {
  none: false,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'max',
  max: 'max',
} as const
const efforts = Object.keys(thinkOf) as [keyof typeof thinkOf, ...(keyof typeof thinkOf)[]]

const modelName = 'must be the name of a model: a string of 1 to 256 characters'

const createChatCompletion = z.object(
  {
    model: z.string(modelName).min(1, modelName).max(256, modelName),
    messages,
    stream: flag,
    stream_options: z.object({ include_usage: flag }, 'must be an object').nullish(),
    n: integer(1, choicesMax, `must be an integer from 1 to ${choicesMax}`),
    max_completion_tokens: tokens,
    max_tokens: tokens,
    temperature: range(0, 2),
    top_p: range(0, 1),
    frequency_penalty: range(-2, 2),
    presence_penalty: range(-2, 2),
    seed: z.custom<number | bigint>(isInt64, 'must be a 64-bit integer').nullish(),
    stop: stop.nullish(),
    response_format: responseFormat.nullish(),
    tools: z.array(tool, 'must be a list of tools').max(128, 'must have at most 128 tools').nullish(),
    tool_choice: z.enum(['none', 'auto'], 'must be "auto" or "none": Ollama cannot be made to call a tool').nullish(),
    reasoning_effort: z.enum(efforts, `must be one of ${efforts.join(', ')}`).nullish(),
    logprobs: z.literal(false, 'must be false or absent: log probabilities are not available').nullish(),
    top_logprobs: z.literal(0, 'must be 0 or absent: log probabilities are not available').nullish(),
    logit_bias: object
      .refine(bias => Object.keys(bias).length === 0, 'must be empty or absent: Ollama cannot bias tokens')
      .nullish(),
    modalities: z.array(z.literal('text', 'must be "text": only text is generated'), 'must be a list').nullish(),
    service_tier: z.unknown().optional(),
    functions: z.array(z.unknown(), 'must be a list').max(0, 'must be empty or absent: send "tools" instead').nullish(),
  },
  'must be a JSON object',
)

type Body = z.output<typeof createChatCompletion>

export const parseOpenai = (raw: unknown): ParsedChat => {
  const body = check(createChatCompletion, raw)
  const stream = body.stream ?? false
  return {
    model: body.model,
    choices: body.n ?? 1,
    stream,
    includeUsage: stream && (body.stream_options?.include_usage ?? false),
    ...(body.service_tier === 'flex' && { class: 'background' }),
    request: {
      messages: toMessages(body.messages),
      toolsJson: body.tools?.length && body.tool_choice !== 'none' ? toolsJson(raw) : undefined,
      formatJson: formatJson(body.response_format),
      options: options(body),
      think: body.reasoning_effort ? thinkOf[body.reasoning_effort] : undefined,
    },
  }
}

/** As the client wrote them: the order of keys and fields unknown here may matter to a model. */
const toolsJson = (raw: unknown): string => toJson((raw as { tools: unknown }).tools)

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

/** Absent ones stay absent: the model's own defaults are better than OpenAI's. */
const options = (body: Body): Record<string, string> => {
  const all = {
    num_predict: body.max_completion_tokens ?? body.max_tokens,
    temperature: body.temperature,
    top_p: body.top_p,
    frequency_penalty: body.frequency_penalty,
    presence_penalty: body.presence_penalty,
    seed: body.seed,
    stop: typeof body.stop === 'string' ? [body.stop] : body.stop,
  }
  const given = Object.entries(all).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(given.map(([name, value]) => [name, toJson(value)]))
}
