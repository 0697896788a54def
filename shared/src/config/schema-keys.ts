import type { z } from 'zod'
import { configSchema } from './schema.ts'

export interface SchemaKey {
  /** Path of the key with `[]` for any item of a list: `hosts[].slots`. */
  readonly path: string
  /** Absent where the key has no default of its own. */
  readonly defaultValue?: unknown
}

const keysOf = (schema: z.core.$ZodType, path: string): SchemaKey[] => {
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([key, value]) => keysAt(value, path === '' ? key : `${path}.${key}`))
    case 'array':
      return keysOf(def.element, `${path}[]`)
    case 'union':
      return def.options.flatMap(option => keysOf(option, path))
    case 'default':
    case 'prefault':
    case 'optional':
      return keysOf(def.innerType, path)
    default:
      return []
  }
}

const keysAt = (schema: z.core.$ZodType, path: string): SchemaKey[] => {
  const { def } = (schema as z.core.$ZodTypes)._zod
  const key = def.type === 'default' ? { path, defaultValue: def.defaultValue } : { path }
  return [key, ...keysOf(schema, path)]
}

/** Every key a configuration may hold, in the schema's order. */
export const schemaKeys: readonly SchemaKey[] = keysOf(configSchema, '')

/** The schema's name for a place: `hosts[1].slots` is `hosts[].slots`. */
export const schemaPath = (path: string): string => path.replaceAll(/\[\d+\]/g, '[]')

/** The keys allowed directly in the section at `path` (as `formatPath` writes it). */
export const keysIn = (path: string): string[] => {
  const prefix = path === '' ? '' : `${schemaPath(path)}.`
  return schemaKeys
    .filter(key => key.path.startsWith(prefix))
    .map(key => key.path.slice(prefix.length))
    .filter(rest => /^\w+$/.test(rest))
}
