import { DroverError } from '@drover/shared/errors/drover-error'
import { toProblem } from '@drover/shared/errors/problem'
import type { Logger } from '@drover/shared/logger'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Room } from '../admission/placement.ts'
import { tellRoom } from '../delivery/headers.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectOfPath } from '../dialects/index.ts'
import { languageOf } from '../language-of.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** In whose envelope the route's errors are; OpenAI's where it is not set. */
    dialect?: Pick<Dialect, 'errorBody' | 'streamType'>
  }
}

export type SendError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** Every error leaves through here: in the route's dialect, in the prompt's language, with the headers SDKs obey. */
export const errorSender =
  (bodyBytesMax: number, logger: Logger): SendError =>
  (error, request, reply) => {
    const known = asDroverError(error, bodyBytesMax)
    const problem = toProblem(known, languageOf(request.body))
    if (problem.status >= 500) {
      // A client that left needs no answer, and nothing has failed.
      const level = request.raw.socket.destroyed ? 'debug' : 'warn'
      logger[level]({ err: known, id: request.id, code: problem.code }, 'request failed')
    }
    const dialect = request.routeOptions.config.dialect ?? dialectOfPath(request.url)
    // Said again for URLs that cannot be decoded: no hook runs for them.
    reply.header('x-request-id', request.id).header('request-id', request.id)
    if (problem.retryAfterS !== undefined) reply.header('retry-after', problem.retryAfterS)
    const room = roomOf(known)
    if (room !== undefined) tellRoom(reply, room)
    // Some SDKs retry by status alone; a refusal that will not change says so.
    if (!problem.retryable) reply.header('x-should-retry', 'false')
    return reply
      .code(problem.status)
      .type('application/json; charset=utf-8')
      .send(dialect.errorBody(problem, request.id))
  }

/** Where there was none for it. */
const roomOf = (error: unknown): Room | undefined => {
  if (!(error instanceof DroverError)) return undefined
  const { limit, waiting, resetMs } = error.params
  if (typeof limit !== 'number' || typeof waiting !== 'number') return undefined
  return { limit, waiting, resetMs: typeof resetMs === 'number' ? resetMs : undefined }
}

/** What no route is for is refused before its body is read. Call it before the routes, of which it takes note. */
export const registerUnknown = (app: FastifyInstance): void => {
  const allowed = collectMethods(app)
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return
    const path = request.url.split('?', 1)[0] ?? ''
    const allow = allowed(path).join(', ')
    if (allow === '') throw new DroverError('route_not_found', { path })
    reply.header('allow', allow)
    throw new DroverError('method_not_allowed', { method: request.method, allow })
  })
}

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
  const routes: { url: string; methods: string[] }[] = []
  app.addHook('onRoute', route => {
    routes.push({ url: route.url, methods: [route.method].flat() })
  })
  return path => routes.filter(route => isRouteOf(route.url, path)).flatMap(route => route.methods)
}

/** Whether a path is asked for by a route such as `/v1/responses/:id` or `/v1/models/*`. */
const isRouteOf = (url: string, path: string): boolean => {
  const asked = path.split('/')
  const segments = url.split('/')
  if (segments.at(-1) === '*') return path.startsWith(url.slice(0, -1))
  return (
    segments.length === asked.length &&
    segments.every((segment, index) => (segment.startsWith(':') ? asked[index] !== '' : segment === asked[index]))
  )
}
