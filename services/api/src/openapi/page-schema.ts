import { code, escape, prose } from './html.ts'
import type { JsonObject } from './schemas.ts'

/** As much of JSON Schema as is printed here. */
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

/** Schemas as HTML. What refers to a component links to it. */
export class SchemaPrinter {
  readonly #components: Readonly<Record<string, Schema>>
  readonly #linked = new Set<string>()

  constructor(components: Readonly<Record<string, JsonObject>>) {
    this.#components = components
  }

  /** @param nulls whether null is worth a word: in a request it is the same as nothing. */
  block(schema: JsonObject, nulls: boolean): string {
    const own = this.#resolve(schema)
    const said = own.description === undefined ? '' : `<p>${prose(own.description)}</p>`
    return said + (this.#fields(own, nulls) || `<p>${this.#kind(own, nulls)}</p>`)
  }

  inline(schema: JsonObject): string {
    return this.#kind(schema, false)
  }

  /** Those that were linked to. Call it last. */
  linked(): { readonly name: string; readonly html: string }[] {
    const all: { name: string; html: string }[] = []
    // Printing one may link to more: a set that is iterated over yields what is added to it.
    for (const name of this.#linked) all.push({ name, html: this.block(this.#components[name] as JsonObject, true) })
    return all
  }

  #resolve(schema: Schema): Schema {
    return schema.$ref === undefined ? schema : (this.#components[nameOf(schema.$ref)] ?? {})
  }

  /** Of objects, also those in lists and among alternatives. */
  #fields(schema: Schema, nulls: boolean): string {
    const lists = objectsOf(schema).map(({ properties = {}, required = [] }) => {
      const items = Object.entries(properties).map(
        ([name, field]) => `<dt>${code(name)}</dt><dd>${this.#field(field, required.includes(name), nulls)}</dd>`,
      )
      return `<dl>${items.join('')}</dl>`
    })
    const links = branchesOf(schema).flatMap(({ $ref }) => ($ref === undefined ? [] : `<p>${this.#link($ref)}</p>`))
    return lists.length === 0 ? '' : [...lists, ...links].join('<p class="or">or</p>')
  }

  #field(field: Schema, required: boolean, nulls: boolean): string {
    const said = [field, ...branchesOf(field)].find(({ description }) => description !== undefined)?.description
    return [
      this.#kind(field, nulls),
      required ? ' <strong>required</strong>' : '',
      field.default === undefined ? '' : `, ${code(JSON.stringify(field.default))} by default`,
      said === undefined ? '' : `<br>${prose(said)}`,
      this.#fields(field, nulls),
    ].join('')
  }

  /** In a few words: `integer from 1 to 8`, `"auto" or "none"`, `list of string`. */
  #kind(schema: Schema, nulls: boolean): string {
    if (schema.$ref !== undefined) return this.#link(schema.$ref)
    if (schema.const !== undefined) return code(JSON.stringify(schema.const))
    if (schema.enum !== undefined) return schema.enum.map(value => code(JSON.stringify(value))).join(' or ')
    const branches = branchesOf(schema)
    if (branches.length > 0) return this.#either(branches, nulls)
    const types = [schema.type ?? 'anything'].flat()
    const named = types.filter(type => nulls || type !== 'null' || types.length === 1).map(type => words[type] ?? type)
    const of = schema.items === undefined ? '' : ` of ${this.#kind(schema.items, nulls)}`
    const format = schema.format === undefined ? '' : ` (${escape(schema.format)})`
    return `${named.map(escape).join(' or ')}${of}${format}${boundsOf(schema)}`
  }

  #either(branches: readonly Schema[], nulls: boolean): string {
    const real = branches.filter(({ type }) => nulls || type !== 'null')
    return [...new Set(real.map(branch => this.#kind(branch, nulls)))].join(' or ')
  }

  #link(ref: string): string {
    const name = nameOf(ref)
    this.#linked.add(name)
    return `<a href="#${escape(name)}">${escape(name)}</a>`
  }
}

const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1)

const words: Readonly<Record<string, string>> = { array: 'list' }

const branchesOf = ({ anyOf, oneOf }: Schema): readonly Schema[] => anyOf ?? oneOf ?? []

const objectsOf = (schema: Schema): readonly Schema[] => {
  if (schema.properties !== undefined) return [schema]
  return [...branchesOf(schema), ...(schema.items === undefined ? [] : [schema.items])].flatMap(objectsOf)
}

/** Zod writes the largest integers for those without a bound of their own. */
const real = (bound: number | undefined): number | undefined =>
  bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined

const boundsOf = ({ minimum, maximum, minLength, maxLength, minItems, maxItems }: Schema): string => {
  if (minLength === 1 && maxLength === undefined) return ', not empty'
  return [
    range(real(minimum), real(maximum), ''),
    range(minLength, maxLength, ' characters'),
    range(minItems, maxItems, ' items'),
  ].join('')
}

const range = (from: number | undefined, to: number | undefined, unit: string): string => {
  if (from === undefined) return to === undefined ? '' : `, at most ${to}${unit}`
  return to === undefined ? `, at least ${from}${unit}` : `, ${from} to ${to}${unit}`
}
