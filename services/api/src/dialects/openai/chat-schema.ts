import { z } from 'zod'
import { openaiErrorBody } from './error.ts'

/** What the reference says of OpenAI's ChatCompletion and of its chunks. */

const weighed = { token: z.string(), logprob: z.number(), bytes: z.array(z.int()) }

export const tokenLogprob = z
  .object({ ...weighed, top_logprobs: z.array(z.object(weighed)) })
  .meta({ id: 'TokenLogprob' })

const choiceLogprobs = z
  .object({ content: z.array(tokenLogprob), refusal: z.null() })
  .nullable()
  .meta({ description: 'null unless `logprobs` is true.' })

export const usage = z
  .object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() })
  .meta({ id: 'Usage' })

/** Of a stream that was asked for it. */
export const chunkUsage = usage
  .nullish()
  .meta({ description: 'With `include_usage`: of all answers, in a last chunk without choices; null before.' })

const finishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter'])

const reasoning = {
  reasoning_content: z.string().optional().meta({ description: 'What the model thought, if it did.' }),
  reasoning: z.string().optional().meta({ description: 'The same; clients read one or the other.' }),
}

const calledFunction = z.object({ name: z.string(), arguments: z.string().meta({ description: 'A JSON object.' }) })

export const chatCompletion = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string().meta({ description: 'As the request named it.' }),
    choices: z.array(
      z.object({
        index: z.int(),
        message: z.object({
          role: z.literal('assistant'),
          content: z.string().nullable(),
          refusal: z.null(),
          ...reasoning,
          tool_calls: z
            .array(z.object({ id: z.string(), type: z.literal('function'), function: calledFunction }))
            .optional(),
        }),
        logprobs: choiceLogprobs,
        finish_reason: finishReason,
      }),
    ),
    usage,
  })
  .meta({ id: 'ChatCompletion' })

const toolCallDelta = z.object({
  index: z.int(),
  id: z.string().optional().meta({ description: 'With `type` and the name: of the first piece of a call.' }),
  type: z.literal('function').optional(),
  function: calledFunction.partial({ name: true }),
})

const chatChunk = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion.chunk'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.int(),
        delta: z.object({
          role: z.literal('assistant').optional(),
          content: z.string().optional(),
          ...reasoning,
          tool_calls: z.array(toolCallDelta).optional(),
        }),
        logprobs: choiceLogprobs,
        finish_reason: finishReason.nullable(),
      }),
    ),
    usage: chunkUsage,
  })
  .meta({ id: 'ChatCompletionChunk' })

export const chatEvent = z.union([chatChunk, openaiErrorBody])
