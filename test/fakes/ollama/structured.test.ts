import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Json } from './decode.ts'
import { structuredText } from './structured.ts'

const fill = (schema: Json, seed = 7): unknown => JSON.parse(structuredText(schema, seed))

const person = z.object({
  name: z.string().min(3).max(8),
  age: z.int().min(150).max(200),
  height: z.number().lt(3),
  kind: z.enum(['b', 'a']),
  version: z.literal(2),
  tags: z.array(z.string()).min(2),
  pair: z.tuple([z.string(), z.boolean()]),
  nick: z.string().nullable(),
  home: z.union([z.object({ street: z.string() }), z.string()]),
  note: z.string().optional(),
})

describe('an answer that has a format', () => {
  test.each([0, 7, -5, 2 ** 40])('fits the schema, whatever the seed (%i)', seed => {
    const value = fill(z.toJSONSchema(person) as Json, seed)
    expect(person.parse(value)).toEqual(value)
    expect(value).not.toHaveProperty('note')
  })

  test('is the same every time', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'array', items: { type: 'string' } } },
    }
    expect(structuredText(schema, 3)).toBe(structuredText(schema, 3))
    expect(structuredText(schema, 3)).not.toBe(structuredText(schema, 4))
  })

  test('is a small object where any JSON does', () => {
    expect(JSON.parse(structuredText('json', 7))).toEqual({ answer: expect.stringMatching(/./) })
  })

  test.each<[string, Json, unknown]>([
    ['no type', {}, expect.any(String)],
    ['several types', { type: ['null', 'integer'], minimum: 500 }, 500],
    ['a constant', { const: { a: null } }, { a: null }],
    ['exclusive bounds', { type: 'integer', exclusiveMinimum: 300, exclusiveMaximum: 302 }, 301],
    ['a reference', { $ref: '#/$defs/x', $defs: { x: { enum: [4, 5] } } }, 4],
    ['what is required and not described', { type: 'object', required: ['a'] }, { a: expect.any(String) }],
    ['all branches', { allOf: [{ type: 'boolean' }, {}] }, true],
    ['an empty list', { type: 'array', maxItems: 0 }, []],
    ['nonsense', { type: 5, enum: 'x', properties: 1, $ref: 2 }, expect.any(String)],
    ['a reference to nothing', { $ref: '#/$defs/%/toString' }, expect.any(String)],
    ['an empty choice', { enum: [] }, null],
  ])('%s', (_name, schema, value) => {
    expect(fill(schema)).toEqual(value)
  })

  test('a schema that contains itself ends', () => {
    const tree = z.object({
      name: z.string(),
      get children() {
        return z.array(tree)
      },
    })
    expect(tree.safeParse(fill(z.toJSONSchema(tree) as Json)).success).toBe(true)
    expect(fill({ $ref: '#' })).toBe(null)
    expect(structuredText({ type: 'array', minItems: 100, items: { $ref: '#' } }, 1).length).toBeLessThan(1_000_000)
  })
})
