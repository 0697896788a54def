import { z } from 'zod'
import { variants } from '../check.ts'
import { base64Schema, isBase64 } from '../image.ts'

/** Anthropic's content blocks. What a client sends back of an earlier answer is taken; what only Anthropic runs is refused. */

const string = z.string('must be a string')

const text = z.object({ type: z.literal('text'), text: string })

const image = z.object({
  type: z.literal('image'),
  source: variants(
    'type',
    [
      z.object({
        type: z.literal('base64'),
        media_type: z.enum(
          ['image/jpeg', 'image/jpg', 'image/png', 'image/webp'],
          'must be "image/jpeg", "image/png" or "image/webp": other images are not supported',
        ),
        data: string.refine(isBase64, 'must be an image in base64').meta(base64Schema),
      }),
    ],
    'must be "base64": images are not fetched from elsewhere',
  ),
})

const document = z.object({
  type: z.literal('document'),
  source: variants(
    'type',
    [z.object({ type: z.literal('text'), data: string })],
    'must be "text": other documents are not read',
  ),
  title: string.nullish(),
  context: string.nullish(),
})

/** @param min how many blocks there must be. */
const content = <B extends z.ZodType>(block: B, min: 0 | 1) => {
  const problem = `must be a string or a list of ${min === 0 ? '' : 'at least one '}content block${min === 0 ? 's' : ''}`
  return z.union([string, z.array(block).min(min, problem)], problem)
}

const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: string,
  content: content(
    variants('type', [text, image, document], 'must be "text", "image" or "document": other results are not supported'),
    0,
  ).nullish(),
  is_error: z.boolean('must be true or false').nullish(),
})

const toolUse = z.object({
  type: z.literal('tool_use'),
  id: string,
  name: string,
  input: z.record(z.string(), z.unknown(), 'must be an object'),
})

const thinking = z.object({ type: z.literal('thinking'), thinking: string })
const redactedThinking = z.object({ type: z.literal('redacted_thinking') })

export const textContent = content(variants('type', [text], 'must be "text"'), 0)

const userContent = content(
  variants(
    'type',
    [text, image, document, toolResult],
    'must be "text", "image", "document" or "tool_result": other blocks are not supported',
  ),
  1,
)

/** An empty answer has no block, and is sent back like that. */
const assistantContent = content(
  variants(
    'type',
    [text, thinking, redactedThinking, toolUse],
    'must be "text", "thinking", "redacted_thinking" or "tool_use": other blocks are not supported',
  ),
  0,
)

/** Newer clients tell the system's words between the others. */
export const messages = z
  .array(
    variants(
      'role',
      [
        z.object({ role: z.literal('user'), content: userContent }),
        z.object({ role: z.literal('assistant'), content: assistantContent }),
        z.object({ role: z.literal('system'), content: textContent }),
      ],
      'must be "user" or "assistant"',
    ),
    'must be a list of messages',
  )
  .min(1, 'must not be empty')

export type TextContent = z.output<typeof textContent>
export type UserContent = z.output<typeof userContent>
export type AssistantContent = z.output<typeof assistantContent>
export type AnthropicMessage = z.output<typeof messages>[number]
export type ToolResult = z.output<typeof toolResult>
/** What a model reads: every kind but tool results, which are messages of their own. */
export type Readable = z.output<typeof text> | z.output<typeof image> | z.output<typeof document>
