import type { Config } from '@drover/shared/config/schema'
import { GuardRulebook } from '@drover/shared/guard-rules'
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
import { Resolver } from './admission/resolver.ts'
import { AnswerCache } from './cache/answer-cache.ts'
import { LitellmHeaders } from './delivery/litellm-headers.ts'
import { dialects } from './dialects/index.ts'
import { FleetView } from './fleet-view.ts'
import { createHttp } from './http.ts'
import { ModelDirectory } from './model-directory.ts'
import { ResponseMemory } from './response-memory.ts'
import { Responses } from './responses.ts'
import { Scans } from './scans.ts'
import { askRoute } from './routes/ask.ts'
import { registerConfig } from './routes/config.ts'
import { registerCountTokens } from './routes/count-tokens.ts'
import { registerLlmGuard } from './routes/llm-guard.ts'
import { registerHealth } from './routes/health.ts'
import { registerModels } from './routes/models.ts'
import { registerOllamaAbout } from './routes/ollama-about.ts'
import { registerOllamaManaged } from './routes/ollama-managed.ts'
import { registerOllamaModels } from './routes/ollama-models.ts'
import { registerOllamaUnload } from './routes/ollama-unload.ts'
import { registerOpenapi } from './routes/openapi.ts'
import { registerQueue } from './routes/queue.ts'
import { registerResponses } from './routes/responses.ts'
import packageJson from '../package.json' with { type: 'json' }

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
  const models = new ModelDirectory(config.models, config.clients.cloudModels)
  const rulebook = new GuardRulebook(config)
  const { deadlineMs } = config.queue
  const gate = new Gate(redis, keys, deadlineMs)
  const placement = new Placement({ config, redis, keys, fleet, gate })
  const resolver = new Resolver(config, rulebook, fleet, models)
  const admission = new Admission(config, rulebook, fleet, placement)
  const places = new QueuePlaces(redis, keys, fleet)
  const asked = new AskedRequests(redis, keys, places, deadlineMs)
  const responses = new Responses({ redis, keys, hub, scripts, gate, asked, fleet })

  const scans = new Scans({ redis, keys, hub, fleet })

  const app = createHttp(config.server.bodyBytesMax, config.server.keys, logger)
  const { headersAfterMs, heartbeatMs } = config.server
  const keysAreChecked = config.server.keys.length > 0
  const drained = new AbortController()
  const ask = {
    resolver,
    cache: config.cache.enabled ? new AnswerCache({ config, redis, keys, models, rulebook }) : undefined,
    admission,
    litellmHeaders: config.server.litellmHeaders ? new LitellmHeaders(fleet) : undefined,
    responses,
    places,
    keysAreChecked,
    headersAfterMs,
    heartbeatMs,
    deadlineMs,
    drained: drained.signal,
  }
  registerOpenapi(app, { version: packageJson.version, keysAreChecked, deadlineMs })
  for (const [path, dialect] of Object.entries(dialects))
    app.post(path, { config: { dialect, operation: dialect.operation } }, askRoute(dialect, ask))
  registerResponses(app, ask, new ResponseMemory({ redis, keys, keepMs: config.responses.keepMs, logger }))
  registerCountTokens(app, resolver, keysAreChecked)
  registerQueue(app, asked, keysAreChecked)
  registerLlmGuard(app, scans, keysAreChecked)
  registerModels(app, fleet, models)
  registerOllamaAbout(app, fleet)
  registerOllamaModels(app, { fleet, models, redis, keys })
  registerOllamaManaged(app)
  registerOllamaUnload(app, { allowed: config.clients.unload, fleet, models, redis, keys })
  registerHealth(app, config, rulebook, fleet)
  registerConfig(app, config)

  const url = await app.listen({ host: config.server.host, port: config.server.port })
  const report = new FleetReport(config, redis, keys, fleet)
  const admin = await startAdmin(config, {
    report,
    guard: { redis, keys, scans, bodyBytesMax: config.server.bodyBytesMax },
    logger,
  })
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
      await scans[Symbol.asyncDispose]()
      subscriber.disconnect()
      redis.disconnect()
    },
  }
}
