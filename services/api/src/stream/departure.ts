import type { FastifyReply } from 'fastify'

/**
 * Aborts when the connection closes before the answer is complete. Not Fastify's `request.signal`: that follows the
 * request, which a client that waits for a whole answer has long finished sending.
 */
export const departure = (reply: FastifyReply): AbortSignal => {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}
