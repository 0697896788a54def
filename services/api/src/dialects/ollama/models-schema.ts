import { z } from 'zod'
import { dateTime } from './answer-schema.ts'

/** What the reference says of Ollama's lists of models, and of its description of one. */

/** Newer hosts tell more. */
const details = z.looseObject({
  parent_model: z.string().optional(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()).nullable(),
  parameter_size: z.string(),
  quantization_level: z.string(),
})

const capabilities = z.array(z.string()).optional().meta({
  description: '`completion`, `tools`, `thinking`, `vision`, `insert`, `embedding`, as far as a host told them.',
})

const named = {
  name: z.string().meta({ description: 'With its tag.' }),
  model: z.string(),
  size: z.int().meta({ description: 'In bytes.' }),
  digest: z.string(),
  details,
}

export const modelList = z.object({ models: z.array(z.object({ ...named, modified_at: dateTime, capabilities })) })

export const runningList = z.object({
  models: z.array(
    z.object({
      ...named,
      expires_at: dateTime.optional(),
      size_vram: z.int().meta({ description: 'In bytes.' }),
      context_length: z.int().meta({ description: 'In tokens.' }),
    }),
  ),
})

export const modelDescription = z.looseObject({
  details,
  model_info: z.record(z.string(), z.unknown()).nullish(),
  capabilities,
  modified_at: dateTime.optional(),
})
