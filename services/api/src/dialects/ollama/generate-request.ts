import { z } from 'zod'
import { check } from '../check.ts'
import type { ParsedRequest } from '../dialect.ts'
import { toJson } from '../json.ts'
import { answered, answeredOf, images, loadOf, string } from './fields.ts'

/** Ollama's GenerateRequest. Without a prompt, it only has the model loaded. */

export const generateBody = z
  .object(
    {
      ...answered,
      prompt: string.nullish().meta({ description: 'Absent or empty: the model is only loaded.' }),
      suffix: string.nullish().meta({ description: 'What comes after the answer. Not every model can.' }),
      system: string.nullish(),
      template: string.nullish(),
      images: images.nullish(),
      context: z.array(z.int('must be an integer'), 'must be a list of integers').nullish().meta({
        description: 'Of an earlier answer: what to go on from.',
      }),
      raw: z.literal(false, "must be false or absent: a prompt goes through its model's template").nullish(),
    },
    'must be a JSON object',
  )
  .meta({ id: 'OllamaGenerateRequest' })

export const parseGenerate = (raw: unknown): ParsedRequest<undefined> => {
  const body = check(generateBody, raw)
  const { model, prompt, stream } = body
  return {
    model,
    requests: [prompt ? { kind: 'generate', ...answeredOf(body), prompt, ...around(body) } : loadOf(body)],
    stream: stream ?? true,
    echo: undefined,
  }
}

/** What goes with a prompt. Empty is absent to Ollama. */
const around = ({ suffix, system, template, images: seen, context }: z.output<typeof generateBody>) => ({
  suffix: suffix || undefined,
  system: system || undefined,
  template: template || undefined,
  images: seen?.length ? seen : undefined,
  contextJson: context?.length ? toJson(context) : undefined,
})
