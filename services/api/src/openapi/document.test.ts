import { readFileSync } from 'node:fs'
import fastify, { type RouteOptions } from 'fastify'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Dialect } from '../dialects/dialect.ts'
import { dialects } from '../dialects/index.ts'
import { parseJson } from '../dialects/json.ts'
import { openaiResponses } from '../dialects/openai/responses.ts'
import { registerOpenapi } from '../routes/openapi.ts'
import { documentOf } from './document.ts'
import { Schemas } from './schemas.ts'

const described = { version: '1.2.3', keysAreChecked: false, deadlineMs: 60_000 }

const route = (url: string, config: RouteOptions['config'], method = 'GET'): RouteOptions =>
  ({ url, method, config }) as RouteOptions

const operation = { tag: 'drover', summary: 'A thing', answer: z.object({ a: z.string() }) } as const

test('a route that says nothing of itself is not registered', async () => {
  await using app = fastify()
  registerOpenapi(app, described)
  const mute = (): unknown => app.get('/mute', () => 'x')
  expect(mute).toThrow('/mute has no operation')
  expect(() => app.get('/told', { config: { operation } }, () => 'x')).not.toThrow()
  await expect(app.inject('/openapi.json').then(({ json }) => json())).resolves.toMatchObject({
    info: { title: 'drover', version: '1.2.3' },
    paths: { '/told': { get: { summary: 'A thing' } } },
  })
})

test('parameters are named as OpenAPI does, and HEAD is left to its GET', () => {
  const { paths } = documentOf(
    [
      route('/a/:id/b', { operation }),
      route('/c/*', { operation: { ...operation, wildcard: 'name' } }, 'POST'),
      route('/a/:id/b', { operation }, 'HEAD'),
    ],
    described,
  )
  expect(Object.keys(paths)).toEqual(['/a/{id}/b', '/c/{name}'])
  expect(paths['/a/{id}/b']).toMatchObject({
    get: { operationId: 'get_a_id_b', parameters: [{ name: 'id', in: 'path', required: true }] },
  })
  expect(Object.keys(paths['/a/{id}/b'] ?? {})).toEqual(['get'])
})

test('a query is told parameter by parameter, with defaults and descriptions', () => {
  const query = z.object({ n: z.int().default(3), m: z.string().describe('Which.') })
  const { paths } = documentOf([route('/q', { operation: { ...operation, query } })], described)
  expect(paths['/q']?.['get']?.parameters).toMatchObject([
    { name: 'n', in: 'query', required: false, schema: { type: 'integer', default: 3 } },
    { name: 'm', in: 'query', required: true, description: 'Which.', schema: { type: 'string' } },
  ])
})

test('a route that is always refused promises no answer', () => {
  const { paths } = documentOf([route('/no', { operation: { tag: 'Ollama', summary: 'No' } }, 'POST')], described)
  expect(Object.keys(paths['/no']?.['post']?.responses ?? {})).toEqual(['4XX', '5XX'])
})

test('keys are asked for where they are checked, but not of open routes', () => {
  const routes = [route('/closed', { operation }), route('/open', { operation, open: true })]
  expect(documentOf(routes, described).security).toEqual([])
  const { security, paths } = documentOf(routes, { ...described, keysAreChecked: true })
  expect(security).toEqual([{ bearer: [] }, { apiKey: [] }])
  expect(paths['/closed']?.['get']).not.toHaveProperty('security')
  expect(paths['/open']?.['get']).toMatchObject({ security: [] })
})

test('a schema with a name is told once, and referred to', () => {
  const schemas = new Schemas()
  const inner = z.object({ b: z.string() }).meta({ id: 'Inner' })
  expect(schemas.of(z.object({ one: inner, two: inner.nullish() }))).toMatchObject({
    properties: { one: { $ref: '#/components/schemas/Inner' } },
  })
  expect(schemas.of(inner)).toEqual({ $ref: '#/components/schemas/Inner' })
  expect(Object.keys(schemas.components)).toEqual(['Inner'])
})

describe('what is taken is what is told', () => {
  const files = {
    '/v1/chat/completions': 'openai',
    '/v1/completions': 'openai-completions',
    '/v1/embeddings': 'openai-embeddings',
    '/v1/responses': 'responses',
    '/api/chat': 'ollama',
    '/api/generate': 'ollama-generate',
    '/api/embed': 'ollama-embed',
    '/api/embeddings': 'ollama-embeddings',
  } as const
  const all: Readonly<Record<string, Pick<Dialect, 'operation'>>> = { ...dialects, '/v1/responses': openaiResponses }

  test.each(Object.entries(files))('%s', (path, name) => {
    const schemas = new Schemas()
    const json = schemas.of(all[path]!.operation.body!)
    const schema = z.fromJSONSchema(
      JSON.parse(
        JSON.stringify({ ...json, $defs: schemas.components }).replaceAll('#/components/schemas/', '#/$defs/'),
      ) as Parameters<typeof z.fromJSONSchema>[0],
    )
    const file = new URL(`../dialects/fixtures/${name}-requests.json`, import.meta.url)
    const { accepted } = parseJson(readFileSync(file, 'utf8')) as { accepted: { name: string; body: unknown }[] }
    for (const { name: promise, body } of accepted) {
      // No double holds these, and JSON Schema's reader here knows no other numbers.
      const small = JSON.parse(
        JSON.stringify(body, (_key, value: unknown) => (typeof value === 'bigint' ? 1 : value)),
      ) as unknown
      expect(schema.safeParse(small), promise).toMatchObject({ success: true })
    }
  })
})
