import type { Config } from '@drover/shared/config/schema'
import { LogHub } from '@drover/shared/log/hub'
import { LogScripts } from '@drover/shared/log/scripts'
import type { Logger } from '@drover/shared/logger'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys } from '@drover/shared/redis/keys'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { startAdmin } from './admin/admin.ts'
import { FleetReport } from './admin/fleet-report.ts'
import { Admission } from './admission/admission.ts'
import { AskedRequests } from './admission/asked.ts'
import { Gate } from './admission/gate.ts'
import { Placement } from './admission/placement.ts'
import { QueuePlaces } from './admission/queue-places.ts'
import { ollama } from './dialects/ollama.ts'
import { openai } from './dialects/openai.ts'
import { FleetView } from './fleet-view.ts'
import { createHttp } from './http.ts'
import { ModelDirectory } from './model-directory.ts'
import { Responses } from './responses.ts'
import { chatRoute } from './routes/chat.ts'
import { registerConfig } from './routes/config.ts'
import { registerHealth } from './routes/health.ts'
import { registerModels } from './routes/models.ts'
import { registerOllamaTags } from './routes/ollama-tags.ts'
import { registerQueue } from './routes/queue.ts'

export interface Api extends AsyncDisposable {
  readonly url: string
  readonly adminUrl: string
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
  const fleet = await FleetView.open(config, redis, subscriber, keys)
  const models = new ModelDirectory(config.models)
  const { deadlineMs } = config.queue
  const gate = new Gate(redis, keys, deadlineMs)
  const placement = new Placement({ config, redis, keys, fleet, gate })
  const admission = new Admission(config, fleet, models, placement)
  const places = new QueuePlaces(redis, keys, fleet)
  const asked = new AskedRequests(redis, keys, places, deadlineMs)
  const responses = new Responses({ redis, keys, hub, scripts, gate, asked })

  const app = createHttp(config.server.bodyBytesMax, config.server.keys, logger)
  const { headersAfterMs, heartbeatMs } = config.server
  const keysAreChecked = config.server.keys.length > 0
  const drained = new AbortController()
  const chat = {
    admission,
    responses,
    places,
    keysAreChecked,
    headersAfterMs,
    heartbeatMs,
    deadlineMs,
    drained: drained.signal,
  }
  app.post('/v1/chat/completions', { config: { dialect: openai } }, chatRoute(openai, chat))
  app.post('/api/chat', { config: { dialect: ollama } }, chatRoute(ollama, chat))
  registerQueue(app, asked, keysAreChecked)
  registerModels(app, fleet, models)
  registerOllamaTags(app, fleet, models)
  registerHealth(app, config, fleet)
  registerConfig(app, config)

  const url = await app.listen({ host: config.server.host, port: config.server.port })
  const report = new FleetReport(config, redis, keys, fleet)
  const admin = await startAdmin(config, { report, logger })
  return {
    url,
    adminUrl: admin.url,
    /** Takes nothing new, lets what runs end by itself for `server.drainMs`, and ends the rest with an error. */
    async [Symbol.asyncDispose]() {
      const drain = setTimeout(() => drained.abort(), config.server.drainMs)
      await app.close()
      clearTimeout(drain)
      await admin[Symbol.asyncDispose]()
      await fleet[Symbol.asyncDispose]()
      await hub[Symbol.asyncDispose]()
      await responses[Symbol.asyncDispose]()
      subscriber.disconnect()
      redis.disconnect()
    },
  }
}
