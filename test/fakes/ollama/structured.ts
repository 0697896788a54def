import type { Json } from './decode.ts'
import type { Format } from './options.ts'
import { token } from './tokens.ts'

/**
 * The JSON text that answers a request with a `format`: a pure function of the format and the seed. It fits the schema as far as `type`, `enum`,
 * `const`, `properties`, `required`, `items`, `prefixItems`, the bounds of numbers, lengths and lists, and `$ref` within the schema go. Of `anyOf`,
 * `oneOf` and `allOf` the first branch counts. `pattern` and the `format` of a text do not.
 */
export const structuredText = (format: Format, seed: number): string => {
  const filler = new Filler(format === 'json' ? anyObject : format, seed)
  return JSON.stringify(filler.fill())
}

const anyObject: Json = { type: 'object', properties: { answer: { type: 'string' } } }

/** Where a schema that contains itself stops: from here on lists are as short as they may be. */
const depthMax = 8
/** Where one that can't stop does, with nulls that do not fit. */
const depthHopeless = 32
const valuesMax = 1_000
const itemsMax = 100
const lengthMax = 10_000

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

class Filler {
  readonly #root: Json
  readonly #seed: number
  #words = 0
  #values = 0

  constructor(root: Json, seed: number) {
    this.#root = root
    this.#seed = seed
  }

  fill(): unknown {
    return this.#value(this.#root, 0)
  }

  #value(given: unknown, depth: number): unknown {
    if (depth > depthHopeless || ++this.#values > valuesMax) return null
    // `true` allows everything.
    const schema = isObject(given) ? given : {}
    if (typeof schema['$ref'] === 'string') return this.#value(this.#referred(schema['$ref']), depth + 1)
    if ('const' in schema) return schema['const']
    if (Array.isArray(schema['enum'])) return (schema['enum'][0] as unknown) ?? null
    for (const branches of [schema['anyOf'], schema['oneOf'], schema['allOf']]) {
      if (Array.isArray(branches)) return this.#value(branches[0], depth + 1)
    }
    switch (typeOf(schema)) {
      case 'object':
        return this.#object(schema, depth)
      case 'array':
        return this.#array(schema, depth)
      case 'number':
      case 'integer':
        return this.#number(schema)
      case 'boolean':
        return true
      case 'null':
        return null
      default:
        return this.#string(schema)
    }
  }

  /** `#/$defs/name`, or `#` for the whole. */
  #referred(reference: string): unknown {
    const steps = reference.split('/').slice(1)
    return steps.reduce<unknown>(
      (at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
      this.#root,
    )
  }

  #object(schema: Json, depth: number): object {
    const properties = isObject(schema['properties']) ? schema['properties'] : {}
    const { required } = schema
    const names = Array.isArray(required) ? required.filter(name => typeof name === 'string') : Object.keys(properties)
    return Object.fromEntries(names.map(name => [name, this.#value(properties[name], depth + 1)]))
  }

  #array(schema: Json, depth: number): unknown[] {
    const first = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : []
    const { minItems, maxItems } = schema
    const least = typeof minItems === 'number' ? minItems : 0
    const most = typeof maxItems === 'number' ? maxItems : itemsMax
    const wanted = depth < depthMax ? Math.max(1, first.length) : 0
    const length = Math.min(itemsMax, most, Math.max(least, wanted))
    return Array.from({ length }, (_, index) => this.#value(first[index] ?? schema['items'], depth + 1))
  }

  #number(schema: Json): number {
    const bound = (inclusive: string, exclusive: string, step: number): number | undefined => {
      if (typeof schema[inclusive] === 'number') return schema[inclusive]
      return typeof schema[exclusive] === 'number' ? schema[exclusive] + step : undefined
    }
    const least = bound('minimum', 'exclusiveMinimum', 1) ?? -Infinity
    const most = bound('maximum', 'exclusiveMaximum', -1) ?? Infinity
    return Math.min(most, Math.max(least, Math.abs(this.#seed) % 100))
  }

  #string(schema: Json): string {
    const { minLength, maxLength } = schema
    const word = Array.from(token(this.#seed, this.#words++).trim())
    const missing = typeof minLength === 'number' ? Math.min(minLength, lengthMax) - word.length : 0
    const long = [...word, ...Array.from({ length: Math.max(0, missing) }, () => 'x')]
    return long.slice(0, typeof maxLength === 'number' ? maxLength : undefined).join('')
  }
}

const types: ReadonlySet<string> = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])

/** The first `type` in a schema that is none; undefined when there is no such. */
export const unknownType = (format: Format | undefined): string | undefined => {
  const pending: unknown[] = [format]
  for (let looked = 0; pending.length > 0 && looked < valuesMax; looked++) {
    const schema = pending.pop()
    if (!isObject(schema)) continue
    const { type, properties } = schema
    const strange = [type].flat().find(name => typeof name === 'string' && !types.has(name))
    if (typeof strange === 'string') return strange
    pending.push(schema['items'], ...(isObject(properties) ? Object.values(properties) : []))
  }
  return undefined
}

const typeOf = (schema: Json): unknown => {
  const { type } = schema
  if (Array.isArray(type)) return type.find(name => name !== 'null') ?? 'null'
  if (type !== undefined) return type
  if ('properties' in schema) return 'object'
  return 'items' in schema || 'prefixItems' in schema ? 'array' : 'string'
}
