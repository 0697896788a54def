import { z } from 'zod'
import { chunkUsage, usage } from './chat-schema.ts'
import { openaiErrorBody } from './error.ts'

/** What the reference says of OpenAI's Completion and of its chunks. */

const finishReason = z.enum(['stop', 'length', 'content_filter'])

const completion = {
  id: z.string(),
  object: z.literal('text_completion'),
  created: z.int(),
  model: z.string().meta({ description: 'As the request named it.' }),
}

const choice = {
  text: z.string(),
  index: z.int().meta({ description: 'Of prompt i, answer j of n: i · n + j.' }),
  logprobs: z
    .object({
      tokens: z.array(z.string()),
      token_logprobs: z.array(z.number()),
      top_logprobs: z.array(z.record(z.string(), z.number())),
      text_offset: z.array(z.int()).meta({ description: 'Of each token in the text, in characters.' }),
    })
    .nullable(),
}

export const textCompletion = z
  .object({ ...completion, choices: z.array(z.object({ ...choice, finish_reason: finishReason })), usage })
  .meta({ id: 'Completion' })

const chunk = z
  .object({
    ...completion,
    choices: z.array(z.object({ ...choice, finish_reason: finishReason.nullable() })),
    usage: chunkUsage,
  })
  .meta({ id: 'CompletionChunk' })

export const completionEvent = z.union([chunk, openaiErrorBody])
