import { z } from 'zod'

export interface JsonObject {
  readonly [key: string]: unknown
}

/** JSON schemas of zod's. Those with an `id` become components, and what uses them refers to them. */
export class Schemas {
  readonly components: Record<string, JsonObject> = {}

  /** As a client writes or reads it: before defaults and transformations. */
  of(schema: z.ZodType): JsonObject {
    const json = JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
    const {
      $schema: _draft,
      $defs,
      ...own
    } = JSON.parse(json.replaceAll('"#/$defs/', '"#/components/schemas/')) as Printed
    Object.assign(this.components, $defs)
    return own
  }
}

interface Printed extends JsonObject {
  readonly $schema?: string
  readonly $defs?: Readonly<Record<string, JsonObject>>
}
