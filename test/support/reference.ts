import { expect } from 'vitest'
import { z } from 'zod'

/** What drover tells of itself at `/openapi.json`, as far as tests look at it. */

interface Json {
  readonly [key: string]: unknown
}
interface Media {
  readonly schema?: Json
  readonly 'x-itemSchema'?: Json
}
export interface ToldAnswer {
  readonly headers: Readonly<Record<string, object>>
  readonly content: Readonly<Record<string, Media>>
}
export interface Operation {
  /** `POST /v1/messages` */
  readonly title: string
  readonly operationId: string
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[]
  readonly responses: Readonly<Record<string, ToldAnswer>>
  readonly security?: readonly object[]
}
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<Operation, 'title'>>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>
    readonly parameters: Json
    readonly headers: Readonly<Record<string, { readonly schema: Json }>>
  }
  readonly security: readonly object[]
}

export const streams = ({ responses }: Operation): boolean =>
  Object.values(responses['200']?.content ?? {}).some(media => 'x-itemSchema' in media)

export class Reference {
  readonly text: string
  readonly document: Document
  readonly operations: readonly Operation[]
  readonly #compiled = new Map<Json, z.ZodType>()

  private constructor(text: string) {
    this.text = text
    this.document = JSON.parse(text) as Document
    this.operations = Object.entries(this.document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        ...operation,
        title: `${method.toUpperCase()} ${path}`,
      })),
    )
  }

  static async read(url: string): Promise<Reference> {
    return new Reference(await (await fetch(`${url}/openapi.json`)).text())
  }

  /** The response as the operation tells of it: status, headers, body, every event. */
  async expectTold({ title, responses }: Operation, response: Response): Promise<string> {
    const { status, headers } = response
    const told = responses[status] ?? responses[`${String(status)[0]}XX`]
    expect(told, `${title} ${status}`).toBeDefined()
    this.#expectHeaders(headers, told!, title)
    const [type = ''] = (headers.get('content-type') ?? '').split(';')
    const media = told!.content[type]
    expect(media, `${title} ${status} ${type}`).toBeDefined()
    const answered = await response.text()
    const { schema = {}, 'x-itemSchema': item } = media!
    if (item === undefined)
      this.#expectToBe(type === 'application/json' ? JSON.parse(answered) : answered, schema, title)
    else for (const each of itemsOf(type, answered)) this.#expectToBe(each, item, title)
    return answered
  }

  #expectHeaders(headers: Headers, told: ToldAnswer, title: string): void {
    const own = [...headers].filter(([name]) => ownHeaders.test(name))
    expect(own.length, title).toBeGreaterThan(0)
    for (const [name, value] of own) {
      expect(told.headers, `${title} ${name}`).toHaveProperty(name)
      const { schema } = this.document.components.headers[name]!
      this.#expectToBe(schema['type'] === 'integer' ? Number(value) : value, schema, `${title} ${name}`)
    }
  }

  #expectToBe(value: unknown, schema: Json, title: string): void {
    const compiled = this.#compiled.get(schema) ?? this.#compile(schema)
    this.#compiled.set(schema, compiled)
    const { error } = compiled.safeParse(value)
    expect(error && z.prettifyError(error), `${title} ${JSON.stringify(value)}`).toBeUndefined()
  }

  #compile(schema: Json): z.ZodType {
    const whole = JSON.stringify({ ...schema, $defs: this.document.components.schemas })
    return z.fromJSONSchema(closed(JSON.parse(whole.replaceAll('#/components/schemas/', '#/$defs/'))) as JsonSchema)
  }
}

/** That a count of tokens is an estimate, its operation tells in words. */
const ownHeaders = /^(?:x-(?:drover-(?!estimated)|ratelimit-|request-|should-)|request-id$|retry-after$)/

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0]

/** As strict as it is meant: an object that lists its fields has no others. */
const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const isOpen = !('properties' in value) || 'additionalProperties' in value
  const own = Object.entries(isOpen ? value : { ...value, additionalProperties: false })
  return Object.fromEntries(own.map(([key, item]) => [key, closed(item)]))
}

/** The JSON of each event or line; at least one. */
const itemsOf = (type: string, streamed: string): unknown[] => {
  const lines = streamed.trimEnd().split('\n')
  const data = (line: string): string[] => (line.startsWith('data: ') ? [line.slice('data: '.length)] : [])
  const items = type === 'application/x-ndjson' ? lines : lines.flatMap(data)
  expect(items.length).toBeGreaterThan(0)
  return items.filter(item => item !== '[DONE]').map(item => JSON.parse(item) as unknown)
}
