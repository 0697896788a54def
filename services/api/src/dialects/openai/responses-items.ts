import { z } from 'zod'
import { variants } from '../check.ts'
import { imageOfDataUrl, imageUrlSchema } from '../image.ts'
import { string } from './fields.ts'
import { argumentsText, imageProblem } from './messages.ts'

/**
 * Items of the Responses API: what a client sends as `input`, what an answer consists of, and what is kept of both.
 * Whatever of them changes nothing here (`id`, `status`, `annotations`, `detail`, …) is dropped.
 */

const imageUrl = string
  .superRefine((url, context) => {
    if (imageOfDataUrl(url) === undefined) context.addIssue({ code: 'custom', input: url, message: imageProblem(url) })
  })
  .meta(imageUrlSchema)

const inputText = z.object({ type: z.literal('input_text'), text: string })
const inputImage = z.object({ type: z.literal('input_image'), image_url: imageUrl })
const outputText = z.object({ type: z.literal('output_text'), text: string })
const refusal = z.object({ type: z.literal('refusal'), refusal: string })

const parts = <P extends z.ZodType>(part: P) => z.union([string, z.array(part)], 'must be a string or a list of parts')

const seen = parts(
  variants('type', [inputText, inputImage], 'must be "input_text" or "input_image": audio and files are not supported'),
)

/** Clients leave it out. */
const messageType = z.literal('message').optional()

const message = variants(
  'role',
  [
    z.object({ type: messageType, role: z.literal('user'), content: seen }),
    z.object({
      type: messageType,
      role: z.enum(['system', 'developer']),
      content: parts(variants('type', [inputText], 'must be "input_text"')),
    }),
    z.object({
      type: messageType,
      role: z.literal('assistant'),
      content: parts(variants('type', [outputText, refusal, inputText], 'must be "output_text" or "refusal"')),
    }),
  ],
  'must be "user", "assistant", "system" or "developer"',
)

const functionCall = z.object({
  type: z.literal('function_call'),
  call_id: string,
  name: string,
  namespace: string.nullish(),
  arguments: argumentsText,
})

const functionCallOutput = z.object({ type: z.literal('function_call_output'), call_id: string, output: seen })

const customToolCall = z.object({
  type: z.literal('custom_tool_call'),
  call_id: string,
  name: string,
  namespace: string.nullish(),
  input: string,
})

const customToolCallOutput = z.object({ type: z.literal('custom_tool_call_output'), call_id: string, output: seen })

/** Of another server. What it found is in the answer that came of it; a model is not told of the search. */
const webSearchCall = z.object({ type: z.literal('web_search_call') })

const thoughts = (type: 'reasoning_text' | 'summary_text') =>
  z.array(z.object({ type: z.literal(type, `must be "${type}"`), text: string }), 'must be a list of parts').nullish()

const reasoning = z.object({
  type: z.literal('reasoning'),
  summary: thoughts('summary_text'),
  content: thoughts('reasoning_text'),
})

/** An item of an answer that is kept, by its id. */
const itemReference = z.object({ type: z.literal('item_reference'), id: string })

const items = [
  message,
  functionCall,
  functionCallOutput,
  customToolCall,
  customToolCallOutput,
  reasoning,
  webSearchCall,
] as const
const known =
  '"message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "reasoning", "web_search_call"'

/** As it is kept. */
export const item = variants('type', items, `must be ${known}`)
export const inputItem = variants('type', [...items, itemReference], `must be ${known} or "item_reference"`).meta({
  id: 'ResponseInputItem',
})

export type Item = z.output<typeof item>
export type InputItem = z.output<typeof inputItem>
export type ReasoningItem = z.output<typeof reasoning>
export type ContentPart = z.output<typeof inputText | typeof inputImage | typeof outputText | typeof refusal>
