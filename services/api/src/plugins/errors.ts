import { DroverError } from '@drover/shared/errors/drover-error'
import { toProblem } from '@drover/shared/errors/problem'
import type { Logger } from '@drover/shared/logger'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Dialect } from '../dialects/dialect.ts'
import { ollama } from '../dialects/ollama.ts'
import { openai } from '../dialects/openai.ts'
import { languageOf } from '../routes/chat.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** In whose envelope the route's errors are; OpenAI's where it is not set. */
    dialect?: Dialect
  }
}

export type SendError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** Every error leaves through here: in the route's dialect, in the prompt's language, with the headers SDKs obey. */
export const errorSender =
  (bodyBytesMax: number, logger: Logger): SendError =>
  (error, request, reply) => {
    const known = asDroverError(error, bodyBytesMax)
    const problem = toProblem(known, languageOf(request.body))
    if (problem.status >= 500 && known !== undefined)
      logger.warn({ err: known, id: request.id, code: problem.code }, 'request failed')
    const dialect = request.routeOptions.config.dialect ?? dialectOfPath(request.url)
    // Said again for URLs that cannot be decoded: no hook runs for them.
    reply.header('x-request-id', request.id)
    if (problem.retryAfterS !== undefined) reply.header('retry-after', problem.retryAfterS)
    // Some SDKs retry by status alone; a refusal that will not change says so.
    if (!problem.retryable) reply.header('x-should-retry', 'false')
    return reply.code(problem.status).type('application/json; charset=utf-8').send(dialect.errorBody(problem))
  }

export const registerErrors = (app: FastifyInstance, send: SendError): void => {
  const allowed = collectMethods(app)
  app.setErrorHandler(send)
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const methods = allowed(path)
    if (methods.length === 0) return send(new DroverError('route_not_found', { path }), request, reply)
    reply.header('allow', methods.join(', '))
    return send(
      new DroverError('method_not_allowed', { method: request.method, allow: methods.join(', ') }),
      request,
      reply,
    )
  })
}

const dialectOfPath = (url: string): Dialect => (url.startsWith('/api/') ? ollama : openai)

/** What Fastify itself refuses, in the catalogue's words. */
const asDroverError = (error: unknown, bodyBytesMax: number): unknown => {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new DroverError('body_too_large', { maxBytes: bodyBytesMax }, error)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new DroverError('unsupported_media_type', {}, error)
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new DroverError('invalid_json', { detail: 'it is empty' }, error)
    default:
      return typeof statusCode === 'number' && statusCode < 500 && !(error instanceof DroverError)
        ? new DroverError('invalid_request', { field: '', problem: 'not a well-formed HTTP request' }, error)
        : error
  }
}

/** Which methods a path knows, from the routes as they are registered. */
const collectMethods = (app: FastifyInstance): ((path: string) => string[]) => {
  const routes: { path: string; methods: string[] }[] = []
  app.addHook('onRoute', route => {
    routes.push({ path: route.url, methods: [route.method].flat() })
  })
  return path =>
    routes
      .filter(route => (route.path.endsWith('*') ? path.startsWith(route.path.slice(0, -1)) : route.path === path))
      .flatMap(route => route.methods)
}
