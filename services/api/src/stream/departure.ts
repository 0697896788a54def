import type { FastifyReply } from 'fastify'

/**
 * Aborts when the connection closes before the answer is complete. Not Fastify's `request.signal`: that follows the
 * request, which a client that waits for a whole answer has long finished sending.
 *
 * A client that stopped reading cannot be told that time is up, so `limitMs` ends its connection.
 */
export const departure = (reply: FastifyReply, limitMs: number): AbortSignal => {
  const gone = new AbortController()
  const limit = setTimeout(() => reply.raw.destroy(), limitMs)
  reply.raw.once('close', () => {
    clearTimeout(limit)
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}
