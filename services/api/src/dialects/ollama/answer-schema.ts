import { z } from 'zod'
import { ollamaErrorBody } from './error.ts'

/** What the reference says of Ollama's answers, and of the lines of those that are streamed. */

const weighed = { token: z.string(), logprob: z.number(), bytes: z.array(z.int()).optional() }
const logprobs = z
  .array(z.object({ ...weighed, top_logprobs: z.array(z.object(weighed)).optional() }))
  .optional()
  .meta({ description: 'With `logprobs`.' })

export const dateTime = z.string().meta({ format: 'date-time' })
const head = { model: z.string().meta({ description: 'As the request named it.' }), created_at: dateTime }

const toolCalls = z.array(
  z.object({
    id: z.string().optional(),
    function: z.object({ index: z.int(), name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
  }),
)
const thinking = z.string().optional()

const loading = {
  total_duration: z.int().meta({ description: 'Nanoseconds, like the other durations.' }),
  load_duration: z.int(),
  prompt_eval_count: z.int(),
}

const going = { done: z.literal(false), logprobs }
const answered = {
  done: z.literal(true),
  done_reason: z.enum(['stop', 'length', 'content_filter']),
  ...loading,
  prompt_eval_duration: z.int(),
  eval_count: z.int(),
  eval_duration: z.int(),
}

/** Where there was nothing to answer. */
const loaded = { done: z.literal(true), done_reason: z.enum(['load', 'unload']) }

const shape = <S extends z.ZodRawShape>(said: S, id: string) => {
  const one = { ...head, ...said }
  const nothing = z.object({ ...one, ...loaded })
  return {
    answer: z.union([z.object({ ...one, ...answered, logprobs }), nothing]).meta({ id: `${id}Response` }),
    line: z
      .union([z.object({ ...one, ...going }), z.object({ ...one, ...answered }), nothing, ollamaErrorBody])
      .meta({ id: `${id}Line` }),
  }
}

const context = z
  .array(z.number())
  .optional()
  .meta({ description: 'Of the last: what to send with the next request to go on from here.' })

export const chat = shape(
  {
    message: z.object({
      role: z.literal('assistant'),
      content: z.string(),
      thinking,
      tool_calls: toolCalls.optional(),
    }),
  },
  'OllamaChat',
)
export const generate = shape({ response: z.string(), thinking, context }, 'OllamaGenerate')

export const embedResponse = z
  .object({ model: head.model, embeddings: z.array(z.array(z.number())), ...loading })
  .meta({ id: 'OllamaEmbedResponse' })

export const embeddingsResponse = z.object({ embedding: z.array(z.number()) }).meta({ id: 'OllamaEmbeddingsResponse' })
