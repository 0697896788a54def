import type { Config } from '@drover/shared/config/schema'
import { LogHub } from '@drover/shared/log/hub'
import { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys } from '@drover/shared/redis/keys'
import fastify from 'fastify'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Admission } from './admission.ts'
import { ollama } from './dialects/ollama.ts'
import { openai } from './dialects/openai.ts'
import { FleetView } from './fleet-view.ts'
import { ModelDirectory } from './model-directory.ts'
import { registerAuth } from './plugins/auth.ts'
import { registerBody } from './plugins/body.ts'
import { registerClosing } from './plugins/closing.ts'
import { errorSender, registerErrors } from './plugins/errors.ts'
import { refuseUnparsed } from './plugins/unparsed.ts'
import { newRequestId } from './request-id.ts'
import { Responses } from './responses.ts'
import { chatRoute } from './routes/chat.ts'
import { registerConfig } from './routes/config.ts'
import { registerHealth } from './routes/health.ts'
import { registerModels } from './routes/models.ts'
import { registerOllamaTags } from './routes/ollama-tags.ts'

export interface Api extends AsyncDisposable {
  readonly url: string
}

/** One api process: connections, then HTTP concerns in order, then routes. Rejects when it cannot listen. */
export const startApi = async (config: Config, redisUrl: string, logger: Logger): Promise<Api> => {
  const onError = (error: Error): void => logger.warn({ err: error }, 'redis')
  const keys = createKeys(config.redis.prefix)
  const redis = createRedis(redisUrl, 'producer').on('error', onError)
  const subscriber = createRedis(redisUrl, 'subscriber').on('error', onError)
  await once(redis, 'ready')
  const scripts = new LogScripts(redis, keys)
  const hub = await LogHub.open(`a_${randomUUID()}`, keys, scripts, subscriber)
  const fleet = await FleetView.open(config.hosts, redis, subscriber, keys)
  const models = new ModelDirectory(config.models)
  const admission = new Admission(config, fleet, models)
  const responses = new Responses({ config, redis, keys, hub, scripts })

  const sendError = errorSender(config.server.bodyBytesMax, logger)
  const app = fastify({
    bodyLimit: config.server.bodyBytesMax,
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
    reply.header('x-request-id', request.id)
  })
  registerErrors(app, sendError)
  registerClosing(app)
  registerAuth(app, config.server.keys)
  registerBody(app)

  const { headersAfterMs, heartbeatMs } = config.server
  const drained = new AbortController()
  const chat = {
    admission,
    responses,
    headersAfterMs,
    heartbeatMs,
    deadlineMs: config.queue.deadlineMs,
    drained: drained.signal,
  }
  app.post('/v1/chat/completions', { config: { dialect: openai } }, chatRoute(openai, chat))
  app.post('/api/chat', { config: { dialect: ollama } }, chatRoute(ollama, chat))
  registerModels(app, fleet, models)
  registerOllamaTags(app, fleet, models)
  registerHealth(app, config, fleet)
  registerConfig(app, config)

  const url = await app.listen({ host: config.server.host, port: config.server.port })
  return {
    url,
    /** Takes nothing new, lets what runs end by itself for `server.drainMs`, and ends the rest with an error. */
    async [Symbol.asyncDispose]() {
      const drain = setTimeout(() => drained.abort(), config.server.drainMs)
      await app.close()
      clearTimeout(drain)
      await fleet[Symbol.asyncDispose]()
      await hub[Symbol.asyncDispose]()
      await responses[Symbol.asyncDispose]()
      subscriber.disconnect()
      redis.disconnect()
    },
  }
}
