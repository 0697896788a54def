import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { sentKey } from '../plugins/auth.ts'

/**
 * Who asks, as fairness counts them: 16 hex digits of the API key's digest, or of the client's address where no keys
 * are configured: a key that nobody checks could be a new one with every request.
 */
export const callerOf = (request: Pick<FastifyRequest, 'headers' | 'ip'>, keysAreChecked: boolean): string =>
  createHash('sha256')
    .update(keysAreChecked ? `key ${sentKey(request.headers)}` : `address ${request.ip}`)
    .digest('hex')
    .slice(0, 16)
