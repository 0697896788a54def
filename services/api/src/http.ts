import type { Logger } from '@drover/shared/logger'
import fastify, { type FastifyInstance } from 'fastify'
import { registerAuth } from './plugins/auth.ts'
import { registerBody } from './plugins/body.ts'
import { registerClosing } from './plugins/closing.ts'
import { errorSender, registerUnknown } from './plugins/errors.ts'
import { refuseUnparsed } from './plugins/unparsed.ts'
import { newRequestId } from './request-id.ts'

/** All that a listener has before its routes: ids, limits, errors in their dialect, keys, bodies, an orderly end. */
export const createHttp = (bodyBytesMax: number, keys: readonly string[], logger: Logger): FastifyInstance => {
  const sendError = errorSender(bodyBytesMax, logger)
  const app = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    genReqId: newRequestId,
    requestIdHeader: false,
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
    clientErrorHandler: refuseUnparsed,
    logger: false,
    routerOptions: { maxParamLength: 1024 },
  })
  app.addHook('onRequest', async (request, reply) => {
    // Anthropic's clients read the second one.
    reply.header('x-request-id', request.id).header('request-id', request.id)
  })
  app.setErrorHandler(sendError)
  registerClosing(app)
  registerAuth(app, keys)
  registerUnknown(app)
  registerBody(app)
  return app
}
