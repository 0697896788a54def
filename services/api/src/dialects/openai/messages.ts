import type { Message } from '@drover/shared/requests'
import { z } from 'zod'
import { variants } from '../check.ts'
import { imageOfDataUrl, imageUrlSchema } from '../image.ts'
import { isJsonObject } from '../json.ts'
import { string } from './fields.ts'

/** OpenAI's `messages`, and what they are for Ollama. */

const textPart = z.object({ type: z.literal('text'), text: string })
const refusalPart = z.object({ type: z.literal('refusal'), refusal: string })
const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.object(
    {
      url: string.meta(imageUrlSchema).transform((url, context) => {
        const image = imageOfDataUrl(url)
        if (image !== undefined) return image
        context.addIssue({ code: 'custom', input: url, message: imageProblem(url) })
        return z.NEVER
      }),
    },
    'must be an object with a url',
  ),
})

export const imageProblem = (url: string): string =>
  url.startsWith('data:')
    ? 'must be a data: URL with a JPEG, PNG or WebP image in base64'
    : 'must be a data: URL: images are not fetched from elsewhere'

const parts = <P extends z.ZodType>(part: P) =>
  z.union([string, z.array(part).min(1, 'must have at least one part')], 'must be a string or a list of content parts')

const text = parts(variants('type', [textPart], 'must be "text"'))
const userContent = parts(
  variants('type', [textPart, imagePart], 'must be "text" or "image_url": audio and files are not supported'),
)
const assistantContent = parts(variants('type', [textPart, refusalPart], 'must be "text" or "refusal"'))

/** Of a call: an object, as text. */
export const argumentsText = string
  .refine(isJsonObject, 'must be a JSON object, written as a string')
  .meta({ contentMediaType: 'application/json', description: 'A JSON object, written as a string.' })

const toolCall = z.object(
  {
    id: string,
    type: z.literal('function', 'must be "function"'),
    function: z.object({ name: string, arguments: argumentsText }, 'must be an object with name and arguments'),
  },
  'must be an object with id, type and function',
)

const assistant = z
  .object({
    role: z.literal('assistant'),
    content: assistantContent.nullish(),
    refusal: string.nullish(),
    reasoning_content: string.nullish(),
    reasoning: string.nullish(),
    tool_calls: z.array(toolCall, 'must be a list of tool calls').nullish(),
    function_call: z.null('must be null or absent: send "tool_calls" instead').optional(),
  })
  .refine(({ content, refusal, tool_calls: calls }) => (content ?? refusal ?? calls?.[0]) !== undefined, {
    path: ['content'],
    error: 'must be a string, unless there are tool_calls',
  })

export const messages = z
  .array(
    variants(
      'role',
      [
        z.object({ role: z.enum(['system', 'developer']), content: text }),
        z.object({ role: z.literal('user'), content: userContent }),
        assistant,
        z.object({ role: z.literal('tool'), content: text, tool_call_id: string }),
      ],
      'must be "system", "developer", "user", "assistant" or "tool"',
    ),
    'must be a list of messages',
  )
  .min(1, 'must not be empty')

type OpenaiMessage = z.output<typeof messages>[number]
type Part = { readonly text: string } | { readonly refusal: string } | z.output<typeof imagePart>

/** A tool's answer names its call; Ollama wants the tool's name too. Where an id was used twice, the later call counts. */
export const toMessages = (list: readonly OpenaiMessage[]): Message[] => {
  const toolNames = new Map<string, string>()
  return list.map(message => {
    switch (message.role) {
      case 'system':
      case 'developer':
        return { role: 'system', content: joinText(message.content) }
      case 'user':
        return fromUser(message.content)
      case 'assistant':
        for (const call of message.tool_calls ?? []) toolNames.set(call.id, call.function.name)
        return fromAssistant(message)
      case 'tool':
        return {
          role: 'tool',
          content: joinText(message.content),
          toolName: toolNames.get(message.tool_call_id),
          toolCallId: message.tool_call_id,
        }
    }
  })
}

const fromUser = (content: string | readonly Part[]): Message => {
  const images =
    typeof content === 'string' ? [] : content.flatMap(part => ('image_url' in part ? part.image_url.url : []))
  return { role: 'user', content: joinText(content), images: images.length > 0 ? images : undefined }
}

const fromAssistant = (message: Extract<OpenaiMessage, { role: 'assistant' }>): Message => ({
  role: 'assistant',
  content: joinText(message.content ?? message.refusal ?? ''),
  thinking: message.reasoning_content ?? message.reasoning ?? undefined,
  toolCalls: message.tool_calls?.map(call => ({
    id: call.id,
    name: call.function.name,
    arguments: call.function.arguments,
  })),
})

/** A model sees one text: parts become its lines. */
const joinText = (content: string | readonly Part[]): string => {
  if (typeof content === 'string') return content
  const lines = content.flatMap(part => {
    if ('text' in part) return part.text
    return 'refusal' in part ? part.refusal : []
  })
  return lines.join('\n')
}
