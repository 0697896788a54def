import type { ChatRequest } from '@drover/shared/requests'
import { z } from 'zod'
import { check, variants } from '../check.ts'
import type { ParsedRequest } from '../dialect.ts'
import { toJson } from '../json.ts'
import { optionsJson } from '../options.ts'
import { thinkOfEffort } from '../think.ts'
import { messages, textContent } from './blocks.ts'
import { refuseMissingTools, toolChoice, tools, toolsOf } from './tools.ts'
import { toMessages } from './turns.ts'

/**
 * Anthropic's MessageCreateParams. Null means absent. What would change the answer and cannot be honoured is refused.
 *
 * Ignored: what changes nothing here (`cache_control`, `metadata`, `service_tier`, `container`, `context_management`, …), how
 * many tokens may be thought, how thinking is displayed, the headers `anthropic-version` and `anthropic-beta`, and fields
 * Anthropic does not know.
 */

const stopSequencesMax = 64

const fraction = z
  .number('must be a number from 0 to 1')
  .min(0, 'must be a number from 0 to 1')
  .max(1, 'must be a number from 0 to 1')

const atLeast = (min: number) => {
  const problem = `must be an integer of at least ${min}`
  return z.int(problem).min(min, problem)
}

const modelName = 'must be the name of a model: a string of 1 to 256 characters'

const thinking = variants(
  'type',
  [
    z.object({ type: z.literal('enabled'), budget_tokens: atLeast(1).nullish().meta({ description: 'Ignored.' }) }),
    z.object({ type: z.literal(['adaptive', 'between_tools']) }),
    z.object({ type: z.literal('disabled') }),
  ],
  'must be "enabled", "adaptive", "between_tools" or "disabled"',
)

const format = z.object(
  {
    type: z.literal('json_schema', 'must be "json_schema"'),
    schema: z.record(z.string(), z.unknown(), 'must be an object: a JSON schema'),
  },
  'must be an object with type and schema',
)

const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const

const prompt = {
  model: z.string(modelName).min(1, modelName).max(256, modelName).meta({ description: 'One of `GET /v1/models`.' }),
  messages,
  system: textContent.nullish(),
  tools: tools.nullish(),
  tool_choice: toolChoice.nullish().meta({ description: 'Refused where it names a tool that is not among `tools`.' }),
  thinking: thinking.nullish().meta({ description: 'Absent: none. Left out for a model that cannot think.' }),
  output_config: z
    .object(
      { effort: z.enum(efforts, `must be one of ${efforts.join(', ')}`).nullish(), format: format.nullish() },
      'must be an object',
    )
    .nullish(),
  /** Where `output_config.format` was before. */
  output_format: format.nullish().meta({ description: 'What `output_config.format` was before.' }),
  mcp_servers: z
    .array(z.unknown(), 'must be a list')
    .max(0, 'must be empty or absent: MCP servers are not called from here')
    .nullish()
    .meta({ description: 'Refused unless it is empty.' }),
}

const stopSequence = z.string('must be a string').min(1, 'must not be an empty string')

const notAnObject = 'must be a JSON object'

export const messagesBody = z
  .object(
    {
      ...prompt,
      max_tokens: atLeast(1),
      stream: z.boolean('must be true or false').nullish(),
      stop_sequences: z
        .array(stopSequence, 'must be a list of strings')
        .max(stopSequencesMax, `must have at most ${stopSequencesMax} strings`)
        .nullish(),
      temperature: fraction.nullish(),
      top_p: fraction.nullish(),
      top_k: atLeast(0).nullish(),
    },
    notAnObject,
  )
  .superRefine(refuseMissingTools)
  .meta({ id: 'MessageRequest' })

/** Of a request that is only to be counted. */
export const countBody = z
  .object(prompt, notAnObject)
  .superRefine(refuseMissingTools)
  .meta({ id: 'MessageCountRequest' })

type Prompt = z.output<typeof countBody>

export const parseMessages = (raw: unknown): ParsedRequest<undefined> => {
  const given = check(messagesBody, raw)
  const options = optionsJson({
    num_predict: given.max_tokens,
    temperature: given.temperature,
    top_p: given.top_p,
    top_k: given.top_k,
    stop: given.stop_sequences?.length ? given.stop_sequences : undefined,
  })
  return {
    model: given.model,
    requests: [chatRequest(given, options)],
    stream: given.stream ?? false,
    echo: undefined,
  }
}

export const parseCount = (raw: unknown): { readonly model: string; readonly request: ChatRequest } => {
  const given = check(countBody, raw)
  return { model: given.model, request: chatRequest(given, {}) }
}

const chatRequest = (given: Prompt, options: Record<string, string>): ChatRequest => {
  const schema = (given.output_config?.format ?? given.output_format)?.schema
  return {
    kind: 'chat',
    messages: toMessages(given.system ?? undefined, given.messages),
    ...toolsOf(given),
    formatJson: schema === undefined ? undefined : toJson(schema),
    options,
    think: thinkOf(given),
  }
}

/**
 * A client that says nothing of thinking gets none: it may take the first block for the text, and its `max_tokens` for
 * the text's. Ollama by itself would have a model think that can.
 */
const thinkOf = ({ thinking: wanted, output_config: config }: Prompt): ChatRequest['think'] => {
  if (wanted?.type === 'disabled') return false
  return thinkOfEffort(config?.effort) ?? (wanted !== undefined && wanted !== null)
}
