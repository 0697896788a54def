import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'yaml'
import { schemaKeys } from './schema-keys.ts'

const order = new Map(schemaKeys.map((key, index) => [key.path, index]))
const defaults = new Map(schemaKeys.filter(key => 'defaultValue' in key).map(key => [key.path, key.defaultValue]))

const rank = (parent: string, key: string): number =>
  order.get(parent === '' ? key : `${parent}.${key}`) ?? schemaKeys.length

/** What is left of a value when everything that says the default is taken away; undefined for nothing. */
const withoutDefaults = (value: unknown, path: string): unknown => {
  if (defaults.has(path) && isDeepStrictEqual(value, defaults.get(path))) return undefined
  if (Array.isArray(value)) return value.map((item: unknown) => withoutDefaults(item, `${path}[]`))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value)
    .map(([key, item]): [string, unknown] => [key, withoutDefaults(item, path === '' ? key : `${path}.${key}`)])
    .filter(([, item]) => item !== undefined)
    .sort(([one], [other]) => rank(path, one) - rank(path, other))
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

/** A configuration as a person would write it: in the schema's order, defaults left out, references as they are. */
export const toYaml = (input: unknown): string => stringify(withoutDefaults(input, '') ?? {}, { lineWidth: 0 })
