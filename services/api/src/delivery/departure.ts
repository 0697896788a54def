import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Aborts when the connection closes before the answer is complete. Not Fastify's `request.signal`: that follows the
 * request, which a client that waits for a whole answer has long finished sending.
 *
 * A client that stopped reading cannot be told that time is up, so `limitMs` ends its connection.
 */
export const departure = (request: FastifyRequest, reply: FastifyReply, limitMs: number): AbortSignal => {
  const gone = new AbortController()
  const { socket } = request.raw
  const leave = (): void => {
    clearTimeout(limit)
    socket.off('close', leave)
    reply.raw.off('close', leave)
    if (!reply.raw.writableFinished) gone.abort('gone')
  }
  const limit = setTimeout(() => socket.destroy(), limitMs)
  reply.raw.once('close', leave)
  // Of a pipelined request, the answer has no socket yet when the connection closes.
  socket.once('close', leave)
  return gone.signal
}
