import { z } from 'zod'
import { tokenLogprob } from './chat-schema.ts'

/** What the reference says of OpenAI's Response and of the events of its stream. */

const status = z.enum(['in_progress', 'completed', 'incomplete'])
const item = { id: z.string(), status }

const outputText = z.object({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.unknown()).max(0),
  logprobs: z.array(tokenLogprob),
})
const reasoningText = z.object({ type: z.literal('reasoning_text'), text: z.string() })
const summaryText = z.object({ type: z.literal('summary_text'), text: z.string() })

const called = {
  call_id: z.string(),
  name: z.string(),
  namespace: z.string().optional().meta({ description: 'That the tool is in.' }),
}

const outputItem = z
  .discriminatedUnion('type', [
    z.object({
      ...item,
      type: z.literal('message'),
      role: z.literal('assistant'),
      content: z.array(outputText),
    }),
    z.object({
      ...item,
      type: z.literal('reasoning'),
      summary: z.array(summaryText).meta({ description: 'The thoughts, where a summary was asked for.' }),
      content: z.array(reasoningText).optional().meta({ description: 'The thoughts, where none was.' }),
    }),
    z.object({
      ...item,
      type: z.literal('function_call'),
      ...called,
      arguments: z.string().meta({ description: 'A JSON object.' }),
    }),
    z.object({ ...item, type: z.literal('custom_tool_call'), ...called, input: z.string() }),
  ])
  .meta({ id: 'ResponseOutputItem' })

const repeated = 'As the request had it.'

export const response = z
  .object({
    id: z.string(),
    object: z.literal('response'),
    created_at: z.int(),
    status: z.enum(['in_progress', 'completed', 'incomplete', 'failed']),
    error: z
      .object({
        code: z.enum(['server_error', 'rate_limit_exceeded', 'invalid_prompt']),
        message: z.string(),
        type: z.string().meta({ description: 'The code of drover’s own, as in other errors.' }),
      })
      .nullable(),
    incomplete_details: z.object({ reason: z.enum(['max_output_tokens', 'content_filter']) }).nullable(),
    model: z.string().meta({ description: repeated }),
    output: z.array(outputItem),
    background: z.literal(false),
    instructions: z.string().nullable(),
    max_output_tokens: z.int().nullable(),
    max_tool_calls: z.null(),
    metadata: z.record(z.string(), z.string()),
    parallel_tool_calls: z.boolean(),
    previous_response_id: z.string().nullable(),
    reasoning: z.object({ effort: z.string().nullable(), summary: z.string().nullable() }),
    service_tier: z.enum(['flex', 'default']),
    temperature: z.number().nullable(),
    text: z.looseObject({ format: z.looseObject({ type: z.string() }) }),
    tool_choice: z.union([z.string(), z.looseObject({ type: z.string() })]).meta({ description: repeated }),
    tools: z.array(z.looseObject({ type: z.string() })).meta({ description: repeated }),
    top_logprobs: z.int(),
    top_p: z.number().nullable(),
    truncation: z.enum(['auto', 'disabled']),
    store: z.boolean().meta({ description: 'Whether it is kept. Not if it is too long, even where it was asked for.' }),
    usage: z
      .object({
        input_tokens: z.int(),
        input_tokens_details: z.object({ cached_tokens: z.int(), cache_write_tokens: z.int() }),
        output_tokens: z.int(),
        output_tokens_details: z.object({ reasoning_tokens: z.int() }),
        total_tokens: z.int(),
      })
      .nullable(),
  })
  .meta({ id: 'Response' })

const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), sequence_number: z.int(), ...shape })

const ofItem = { output_index: z.int(), item: outputItem }
const inItem = { item_id: z.string(), output_index: z.int() }
const inContent = { ...inItem, content_index: z.int() }
const inSummary = { ...inItem, summary_index: z.int() }
const contentPart = { ...inContent, part: z.union([outputText, reasoningText]) }
const summaryPart = { ...inSummary, part: summaryText }
const logprobs = z.array(tokenLogprob)

/** Every stream ends with `response.completed`, `response.incomplete` or `response.failed`. */
export const responseEvent = z
  .discriminatedUnion('type', [
    event('response.created', { response }),
    event('response.in_progress', { response }),
    event('response.output_item.added', ofItem),
    event('response.output_item.done', ofItem),
    event('response.content_part.added', contentPart),
    event('response.content_part.done', contentPart),
    event('response.output_text.delta', { ...inContent, delta: z.string(), logprobs }),
    event('response.output_text.done', { ...inContent, text: z.string(), logprobs }),
    event('response.reasoning_text.delta', { ...inContent, delta: z.string() }),
    event('response.reasoning_text.done', { ...inContent, text: z.string() }),
    event('response.reasoning_summary_part.added', summaryPart),
    event('response.reasoning_summary_part.done', summaryPart),
    event('response.reasoning_summary_text.delta', { ...inSummary, delta: z.string() }),
    event('response.reasoning_summary_text.done', { ...inSummary, text: z.string() }),
    event('response.function_call_arguments.delta', { ...inItem, delta: z.string() }),
    event('response.function_call_arguments.done', { ...inItem, name: z.string(), arguments: z.string() }),
    event('response.custom_tool_call_input.delta', { ...inItem, delta: z.string() }),
    event('response.custom_tool_call_input.done', { ...inItem, input: z.string() }),
    event('response.completed', { response }),
    event('response.incomplete', { response }),
    event('response.failed', { response }),
  ])
  .meta({ id: 'ResponseEvent' })

/** What a response was asked, as `GET …/input_items` lists it. */
export const inputItems = z.object({
  object: z.literal('list'),
  data: z.array(z.looseObject({ id: z.string(), type: z.string() })),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
})
