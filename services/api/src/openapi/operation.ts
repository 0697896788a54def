import type { z } from 'zod'

/** What the reference says of a route. It stands with the route, and no route is without one. */
export interface Operation {
  readonly tag: 'OpenAI' | 'Anthropic' | 'Ollama' | 'LLM Guard' | 'drover'
  /** A phrase, without a full stop. */
  readonly summary: string
  /** Backticks mark code, as in Markdown. */
  readonly description?: string
  /** What stands in the place of the route's `*`. */
  readonly wildcard?: string
  /** The schema the query is checked with. */
  readonly query?: z.ZodObject
  /** The schema the body is checked with. */
  readonly body?: z.ZodType
  /** With status 200: JSON of a schema, or a text of a type. Absent: it is always refused. */
  readonly answer?: z.ZodType | 'text/plain' | 'text/html'
  /** With status 503, where that is no error. */
  readonly unavailable?: z.ZodType
  /** The JSON of one event, or of one line, of an answer with `stream: true`. */
  readonly event?: z.ZodType
  /** A model is asked: it takes the headers for that, and tells in others how it went. */
  readonly asks?: boolean
}

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation
  }
}
