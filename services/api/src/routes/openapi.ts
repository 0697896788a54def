import type { FastifyInstance, RouteOptions } from 'fastify'
import { z } from 'zod'
import { documentOf, type Described } from '../openapi/document.ts'
import type { Operation } from '../openapi/operation.ts'
import { pageOf } from '../openapi/page.ts'

const tag = 'drover'
const operations = {
  json: {
    tag,
    summary: 'This reference as OpenAPI 3.1',
    answer: z.looseObject({ openapi: z.literal('3.1.0') }),
  },
  page: { tag, summary: 'This reference as a page', answer: 'text/html' },
} as const satisfies Record<string, Operation>

/**
 * Call it before the routes it is to tell of: none is registered after it that says nothing of itself.
 * Open: it says what drover is, not what is asked of it.
 */
export const registerOpenapi = (app: FastifyInstance, described: Described): void => {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', route => {
    if (route.config?.operation === undefined) throw new Error(`${route.url} has no operation`)
    routes.push(route)
  })
  let made: { json: string; page: string } | undefined
  const make = (): { json: string; page: string } => {
    if (made !== undefined) return made
    const document = documentOf(routes, described)
    return (made = { json: JSON.stringify(document), page: pageOf(document) })
  }
  app.get('/openapi.json', { config: { open: true, operation: operations.json } }, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(make().json),
  )
  app.get('/docs', { config: { open: true, operation: operations.page } }, (_request, reply) =>
    reply
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'")
      .type('text/html; charset=utf-8')
      .send(make().page),
  )
}
