import { z } from 'zod'
import { check } from '../check.ts'
import type { ParsedRequest } from '../dialect.ts'
import { boolean, common, commonOf, loadOf, string } from './fields.ts'

/** Ollama's EmbedRequest and its older EmbeddingRequest. Without any text, they only have the model loaded. */

/** Ollama knows no limit; this is OpenAI's, because all the vectors of an answer are in memory at once. */
const inputsMax = 2_048
const inputProblem = `must be a string or a list of at most ${inputsMax} strings`
const dimensions = 'must be an integer of at least 0'

export const embedBody = z
  .object(
    {
      ...common,
      input: z.union([string, z.array(string).max(inputsMax, inputProblem)], inputProblem).nullish(),
      truncate: boolean.nullish(),
      dimensions: z.int(dimensions).min(0, dimensions).nullish(),
    },
    'must be a JSON object',
  )
  .meta({ id: 'OllamaEmbedRequest' })

export const parseEmbed = (raw: unknown): ParsedRequest<undefined> => {
  const body = check(embedBody, raw)
  const { model, input, truncate } = body
  const inputs = typeof input === 'string' ? [input].filter(Boolean) : (input ?? [])
  return {
    model,
    requests: [
      inputs.length > 0
        ? {
            kind: 'embed',
            ...commonOf(body),
            inputs,
            // To Ollama, 0 is absent.
            dimensions: body.dimensions || undefined,
            truncate: truncate ?? undefined,
          }
        : loadOf(body),
    ],
    stream: false,
    echo: undefined,
  }
}

export const embeddingsBody = z
  .object({ ...common, prompt: string.nullish() }, 'must be a JSON object')
  .meta({ id: 'OllamaEmbeddingsRequest' })

export const parseEmbeddings = (raw: unknown): ParsedRequest<undefined> => {
  const body = check(embeddingsBody, raw)
  const { model, prompt } = body
  return {
    model,
    requests: [prompt ? { kind: 'embed', ...commonOf(body), inputs: [prompt] } : loadOf(body)],
    stream: false,
    echo: undefined,
  }
}
