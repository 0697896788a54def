import { z } from 'zod'

export const anthropicModelInfo = z.object({
  type: z.literal('model'),
  id: z.string(),
  display_name: z.string(),
  created_at: z.string().meta({ format: 'date-time' }),
})

export const anthropicModelPage = z.object({
  data: z.array(anthropicModelInfo),
  has_more: z.literal(false),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
})

/** Anthropic's ModelInfo. @param createdS in seconds since 1970. */
export const anthropicModel = (id: string, createdS: number): object => ({
  type: 'model',
  id,
  display_name: id,
  created_at: new Date(createdS * 1000).toISOString(),
})

/** A page that is the whole list. */
export const anthropicModels = (names: readonly string[], createdS: number): object => ({
  data: names.map(name => anthropicModel(name, createdS)),
  has_more: false,
  first_id: names[0] ?? null,
  last_id: names.at(-1) ?? null,
})
