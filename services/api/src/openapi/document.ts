import type { RouteOptions } from 'fastify'
import type { z } from 'zod'
import { anthropicErrorBody } from '../dialects/anthropic/error.ts'
import { llmGuardErrorBody } from '../dialects/llm-guard/error.ts'
import { ollamaErrorBody } from '../dialects/ollama/error.ts'
import { openaiErrorBody } from '../dialects/openai/error.ts'
import { askHeaders, headersOf, responseHeaders } from './headers.ts'
import type { Operation } from './operation.ts'
import { Schemas, type JsonObject } from './schemas.ts'

/** OpenAPI 3.1, made from the routes and from the schemas that bodies are checked with. */

export interface Document {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly tags: readonly { readonly name: Operation['tag']; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonObject>>
    readonly parameters: Readonly<Record<string, Parameter>>
    readonly headers: JsonObject
    readonly securitySchemes: JsonObject
  }
  readonly security: readonly JsonObject[]
}

export interface DocumentedOperation {
  readonly operationId: string
  readonly tags: readonly Operation['tag'][]
  readonly summary: string
  readonly description?: string
  readonly parameters?: readonly (Parameter | Reference)[]
  readonly requestBody?: { readonly required: true; readonly content: Content }
  readonly responses: Readonly<Record<string, DocumentedResponse>>
  readonly security?: readonly JsonObject[]
}

interface DocumentedResponse {
  readonly description: string
  readonly headers: JsonObject
  readonly content: Content
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: JsonObject
}

interface Reference {
  readonly $ref: string
}

/** By content type. */
type Content = Readonly<Record<string, MediaType>>

export interface MediaType {
  readonly schema?: JsonObject
  /** Of each event or line of a stream: OpenAPI 3.1 has no word for it, 3.2 calls it `itemSchema`. */
  readonly 'x-itemSchema'?: JsonObject
}

/** What is documented, as far as it is not with the routes. */
export interface Described {
  readonly version: string
  readonly keysAreChecked: boolean
  /** The longest deadline of a request. */
  readonly deadlineMs: number
}

const tags = [
  { name: 'OpenAI', description: 'For clients of OpenAI. Their base URL is this server’s, and `/v1`.' },
  { name: 'Anthropic', description: 'For clients of Anthropic. Their base URL is this server’s, without a path.' },
  { name: 'Ollama', description: 'For clients of Ollama. Their base URL is this server’s, without a path.' },
  { name: 'LLM Guard', description: 'For callers of LLM Guard: what the guard says of a text that goes nowhere.' },
  { name: 'drover', description: 'The queue, and how drover is.' },
] as const

const description = `One durable queue in front of a fleet of Ollama hosts, for clients of OpenAI, Anthropic and Ollama. \
A field that is null is absent, and a field that is not listed is ignored, unless its operation says otherwise.`

export const documentOf = (routes: readonly RouteOptions[], described: Described): Document => {
  const schemas = new Schemas()
  const paths: Record<string, Record<string, DocumentedOperation>> = {}
  for (const { url, method, config } of routes) {
    const operation = config?.operation
    if (operation === undefined) continue
    const path = openapiPath(url, operation)
    for (const name of [method].flat().map(each => each.toLowerCase())) {
      // It comes with every GET, and says nothing more.
      if (name === 'head') continue
      const operationId = `${name} ${path}`.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')
      paths[path] = { ...paths[path], [name]: { operationId, ...describe(path, operation, config ?? {}, schemas) } }
    }
  }
  const parameters = Object.entries(askHeaders(described.deadlineMs)).map(
    ([name, header]) => [name, { name, in: 'header', required: false, ...header }] as const,
  )
  return {
    openapi: '3.1.0',
    info: { title: 'drover', version: described.version, description },
    tags,
    paths,
    components: {
      schemas: schemas.components,
      parameters: Object.fromEntries(parameters),
      headers: responseHeaders,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
    security: described.keysAreChecked ? [{ bearer: [] }, { apiKey: [] }] : [],
  }
}

const openapiPath = (url: string, { wildcard = 'rest' }: Operation): string =>
  url.replace('*', `{${wildcard}}`).replaceAll(/:([A-Za-z]+)/g, '{$1}')

type RouteConfig = NonNullable<RouteOptions['config']>

const describe = (
  path: string,
  operation: Operation,
  { dialect, open }: RouteConfig,
  schemas: Schemas,
): Omit<DocumentedOperation, 'operationId'> => {
  const parameters = [
    ...pathParameters(path),
    ...queryParameters(operation.query, schemas),
    ...(operation.asks ? askParameters : []),
  ]
  return {
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description !== undefined && { description: operation.description }),
    ...(parameters.length > 0 && { parameters }),
    ...(operation.body !== undefined && {
      requestBody: { required: true, content: json(operation.body, schemas) },
    }),
    responses: responses(operation, dialect?.streamType, schemas),
    ...(open === true && { security: [] }),
  }
}

const json = (schema: z.ZodType, schemas: Schemas): Content => ({ 'application/json': { schema: schemas.of(schema) } })

const responses = (
  { answer, event, unavailable, tag, asks = false }: Operation,
  streamType: string | undefined,
  schemas: Schemas,
): Record<string, DocumentedResponse> => {
  const headers = headersOf(asks)
  const refusal = { headers: headers.refusal, content: json(errors[tag], schemas) }
  return {
    ...(answer !== undefined && {
      200: {
        description: 'The answer',
        headers: headers.answer,
        content: {
          ...(typeof answer === 'string' ? { [answer]: { schema: { type: 'string' } } } : json(answer, schemas)),
          ...(event !== undefined &&
            streamType !== undefined && { [streamType]: { 'x-itemSchema': schemas.of(event) } }),
        },
      },
    }),
    ...(unavailable !== undefined && {
      503: { description: 'The answer is no', headers: headers.answer, content: json(unavailable, schemas) },
    }),
    '4XX': {
      description: 'Refused: asking again in the same way does not help, unless `retry-after` is there',
      ...refusal,
    },
    '5XX': { description: 'Not now: `retry-after` says when to ask again', ...refusal },
  }
}

const askParameters: readonly Reference[] = Object.keys(askHeaders(1)).map(name => ({
  $ref: `#/components/parameters/${name}`,
}))

const pathParameters = (path: string): Parameter[] =>
  [...path.matchAll(/\{([A-Za-z]+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))

const queryParameters = (query: z.ZodObject | undefined, schemas: Schemas): Parameter[] => {
  if (query === undefined) return []
  const { properties = {}, required = [] } = schemas.of(query) as {
    properties?: Record<string, JsonObject & { description?: string }>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description: said, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(said !== undefined && { description: said }),
    schema,
  }))
}

const errors = {
  OpenAI: openaiErrorBody,
  Anthropic: anthropicErrorBody,
  Ollama: ollamaErrorBody,
  'LLM Guard': llmGuardErrorBody,
  drover: openaiErrorBody,
} as const satisfies Record<Operation['tag'], z.ZodType>
