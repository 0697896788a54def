import { DroverError } from '@drover/shared/errors/drover-error'
import type { FastifyInstance } from 'fastify'
import type { Socket } from 'node:net'

/**
 * `app.close()` waits for answers under way and for nothing else: new requests are refused, and connections close as
 * they fall idle. Node by itself would wait for two more kinds: one on which nothing was asked yet (clients open some
 * ahead), and one that is kept alive after an answer that began before the closing.
 */
export const registerClosing = (app: FastifyInstance): void => {
  const sockets = new Set<Socket>()
  let closing = false
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  app.addHook('preClose', async () => {
    closing = true
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  })
  app.addHook('onRequest', async () => {
    if (closing) throw new DroverError('shutting_down')
  })
  app.addHook('onResponse', async request => {
    if (closing) request.raw.socket.destroySoon()
  })
}
