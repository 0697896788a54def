import { DroverError } from '@drover/shared/errors/drover-error'
import type { FastifyInstance } from 'fastify'
import { createHash, timingSafeEqual } from 'node:crypto'

const digest = (key: string): Buffer => createHash('sha256').update(key).digest()

/** With keys configured, every route but the health checks asks for one. Compared by digest, in constant time. */
export const registerAuth = (app: FastifyInstance, keys: readonly string[]): void => {
  if (keys.length === 0) return
  const known = keys.map(digest)
  app.addHook('onRequest', async request => {
    if (request.routeOptions.config.open === true) return
    const sent = digest(sentKey(request.headers))
    // Not `some`: the time must not tell which key, or whether any, matched first.
    const matches = known.filter(key => timingSafeEqual(key, sent)).length
    if (matches === 0) throw new DroverError('invalid_api_key')
  })
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Needs no API key. */
    open?: boolean
  }
}

export const sentKey = (headers: Record<string, unknown>): string => {
  const { authorization } = headers
  const bearer = typeof authorization === 'string' ? /^Bearer +(\S{1,512})$/i.exec(authorization)?.[1] : undefined
  const header = headers['x-api-key']
  return bearer ?? (typeof header === 'string' ? header : '')
}
