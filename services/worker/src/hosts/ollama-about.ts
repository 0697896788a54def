import { z } from 'zod'
import type { Installed, Loaded, ModelDescription } from './host.ts'
import { parseExactly } from './json-text.ts'

/** What Ollama tells of itself and its models. */

const count = z.number().nonnegative().catch(0).default(0)
const short = z.string().max(256).catch('').default('')
const name = z.string().max(256)
const modelsMax = 10_000

const details = z.record(z.string(), z.unknown()).optional().catch(undefined)
const detailsJson = (told: z.output<typeof details>) =>
  told === undefined ? {} : { detailsJson: JSON.stringify(told) }

export const version = z.object({ version: z.string().max(64) }).transform(told => told.version)

/** `/api/tags` */
export const installed = z
  .object({
    models: z
      .array(
        z
          .object({
            name,
            digest: short,
            size: count,
            modified_at: short,
            details,
          })
          .transform(({ size, modified_at: modifiedAt, details: told, ...model }): Installed => ({
            ...model,
            bytes: size,
            modifiedAt,
            ...detailsJson(told),
          })),
      )
      .max(modelsMax),
  })
  .transform(({ models }) => models)

/** `/api/ps` */
export const inMemory = z
  .object({
    models: z
      .array(
        z
          .object({ name, size: count, size_vram: count, expires_at: short, context_length: count, details })
          .transform((model): Loaded => ({
            name: model.name,
            bytes: model.size,
            vramBytes: model.size_vram,
            expiresAt: model.expires_at,
            contextTokens: model.context_length,
            ...detailsJson(model.details),
          })),
      )
      .max(modelsMax),
  })
  .transform(({ models }) => models)

/** Largest answer of `/api/show`: most of one are the names of tensors, some 100 kB of a large model. */
export const showBytesMax = 1024 * 1024

/** Most that is kept of it, in characters. */
const jsonCharsMax = 256 * 1024

const shown = z.record(z.string(), z.unknown())
const capabilities = z.array(z.string().max(64)).max(64).optional().catch(undefined)

/** Undefined for what is not an object. Older hosts tell no capabilities. */
export const description = (json: string): ModelDescription | undefined => {
  const parsed = shown.safeParse(exactlyOrUndefined(json))
  if (!parsed.success) return undefined
  const { tensors: _, ...all } = parsed.data
  const can = capabilities.parse(all['capabilities'])
  return { ...(can === undefined ? {} : { capabilities: can }), json: clipped(all) }
}

/** Without its longest texts where it is too long, and then with nothing else than what it is for. */
const clipped = (all: Record<string, unknown>): string => {
  const { license: _, modelfile: __, ...short } = all
  const { details, capabilities: can, modified_at: modifiedAt } = all
  const sizes = [all, short, { details, capabilities: can, modified_at: modifiedAt }].map(kept => JSON.stringify(kept))
  return sizes.find(json => json.length <= jsonCharsMax) ?? '{}'
}

const exactlyOrUndefined = (json: string): unknown => {
  try {
    return parseExactly(json)
  } catch {
    return undefined
  }
}
