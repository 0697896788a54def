import { z } from 'zod'
import { anthropicErrorBody } from './error.ts'

/** What the reference says of Anthropic's Message and of the events of its stream. */

const text = z.object({ type: z.literal('text'), text: z.string() })
const thinking = z.object({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.literal('').meta({ description: 'Thoughts are not signed here, and are taken back as they are.' }),
})
const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
})
const block = z.discriminatedUnion('type', [text, thinking, toolUse])

const stopReason = z.enum(['end_turn', 'max_tokens', 'tool_use', 'refusal'])

const usage = z.object({
  input_tokens: z.int(),
  cache_creation_input_tokens: z.literal(0),
  cache_read_input_tokens: z.literal(0),
  output_tokens: z.int(),
})

const head = {
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string().meta({ description: 'As the request named it.' }),
  stop_sequence: z.null().meta({ description: 'A host does not tell which it met.' }),
  usage,
}

export const message = z.object({ ...head, content: z.array(block), stop_reason: stopReason }).meta({ id: 'Message' })

const delta = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text_delta'), text: z.string() }),
  z.object({ type: z.literal('thinking_delta'), thinking: z.string() }),
  z.object({ type: z.literal('signature_delta'), signature: z.literal('') }),
  z.object({ type: z.literal('input_json_delta'), partial_json: z.string() }),
])

export const messageEvent = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('message_start'),
      message: z.object({ ...head, content: z.array(z.unknown()).max(0), stop_reason: z.null() }),
    }),
    z.object({ type: z.literal('ping') }),
    z.object({ type: z.literal('content_block_start'), index: z.int(), content_block: block }),
    z.object({ type: z.literal('content_block_delta'), index: z.int(), delta }),
    z.object({ type: z.literal('content_block_stop'), index: z.int() }),
    z.object({
      type: z.literal('message_delta'),
      delta: z.object({ stop_reason: stopReason, stop_sequence: z.null() }),
      usage,
    }),
    z.object({ type: z.literal('message_stop') }),
    anthropicErrorBody,
  ])
  .meta({ id: 'MessageEvent' })
