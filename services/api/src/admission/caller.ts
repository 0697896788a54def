import { callerOfAddress, callerOfKey } from '@drover/shared/caller'
import type { FastifyRequest } from 'fastify'
import { sentKey } from '../plugins/auth.ts'

/**
 * Who asks, as fairness counts them: the API key, or the client's address where no keys are configured: a key that nobody
 * checks could be a new one with every request.
 */
export const callerOf = (request: Pick<FastifyRequest, 'headers' | 'ip'>, keysAreChecked: boolean): string =>
  keysAreChecked ? callerOfKey(sentKey(request.headers)) : callerOfAddress(request.ip)
