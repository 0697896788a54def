import { z } from 'zod'
import type { ConfigProblem } from './problem.ts'
import { hostTypes } from './schema.ts'

export interface Findings {
  readonly problems: ConfigProblem[]
  readonly warnings: ConfigProblem[]
}

const text = z.string().catch('')
const textList = z.array(text).catch([])
const lenient = <T extends z.ZodType>(item: T) => z.array(item).catch([])
const slots = z.number().optional().catch(undefined)

const servingHost = z
  .union([z.string().transform(id => ({ id, slots: undefined })), z.object({ id: text, slots })])
  .catch({ id: '', slots: undefined })

const side = z.object({ scanners: textList, settings: z.record(z.string(), z.unknown()).catch({}) })
const noSide = { scanners: [], settings: {} }
const sides = { input: side.catch(noSide), output: side.catch(noSide) }
const noSides = { input: noSide, output: noSide }

const listener = z
  .object({
    host: z.string().catch('127.0.0.1'),
    port: z.number().optional().catch(undefined),
    keys: z.unknown().optional(),
  })
  .catch({ host: '127.0.0.1', port: undefined })

/** Something that cannot be read is for somebody. */
const override = z
  .object({ ...sides, keys: textList, models: z.unknown().optional() })
  .transform(read => ({ ...read, isForAll: read.models === undefined && read.keys.length === 0 }))
  .catch({ ...noSides, keys: [], models: undefined, isForAll: false })

const noHost = {
  id: '',
  type: 'ollama' as const,
  url: '',
  slots: undefined,
  modelSlots: undefined,
  models: 'auto' as const,
}
const noModel = { name: '', aliases: [], pin: [], fallbacks: [], contextFallbacks: [] }

/** What of an input can be read although the schema refuses the whole: '' and [] stand for what can't. */
export const outline = z.object({
  hosts: lenient(
    z
      .object({
        id: text,
        type: z.enum(hostTypes).catch('ollama'),
        url: text,
        slots,
        modelSlots: slots,
        models: z.union([z.literal('auto'), z.array(text)]).catch('auto'),
      })
      .catch(noHost),
  ),
  models: lenient(
    z
      .object({
        name: text,
        aliases: textList,
        /** Absent: every host. */
        hosts: z.array(servingHost).optional().catch([]),
        pin: textList,
        fallbacks: textList,
        contextFallbacks: textList,
      })
      .catch(noModel),
  ),
  guard: z.object({ ...sides, overrides: lenient(override) }).catch({ ...noSides, overrides: [] }),
  server: listener,
  admin: listener,
})
export type Outline = z.infer<typeof outline>
export type ListenerOutline = Outline['server']
