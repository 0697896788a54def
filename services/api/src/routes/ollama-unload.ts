import { DroverError } from '@drover/shared/errors/drover-error'
import type { Keys } from '@drover/shared/redis/keys'
import type { FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import type { Answer, Dialect } from '../dialects/dialect.ts'
import { keepAlive } from '../dialects/keep-alive.ts'
import { ollamaChat } from '../dialects/ollama/chat.ts'
import { ollamaGenerate } from '../dialects/ollama/generate.ts'
import type { FleetView } from '../fleet-view.ts'
import type { ModelDirectory } from '../model-directory.ts'

export interface OllamaUnloadDeps {
  /** Whether the operator lets clients do it. */
  readonly allowed: boolean
  readonly fleet: FleetView
  readonly models: ModelDirectory
  readonly redis: Redis
  readonly keys: Keys
}

const dialects: Readonly<Record<string, Dialect>> = { '/api/chat': ollamaChat, '/api/generate': ollamaGenerate }

/**
 * Ollama's way to have a model unloaded: `keep_alive: 0` with nothing to answer. It goes to every host that has the model
 * and waits for none, so it is a word to the workers and no job: it is dealt with before the request is asked.
 */
export const registerOllamaUnload = (app: FastifyInstance, deps: OllamaUnloadDeps): void => {
  app.addHook('preHandler', async (request, reply) => {
    const dialect = dialects[request.routeOptions.url ?? '']
    if (dialect === undefined || !keepsNothing(request.body)) return
    const { model, requests, echo } = dialect.parse(request.body)
    if (requests[0]?.kind !== 'load') return
    await unload(model, deps)
    // One object whether or not a stream was asked for, as Ollama answers it.
    return reply.send(dialect.body({ id: request.id, model, createdAtMs: Date.now(), choices: 1, echo }, [unloaded]))
  })
}

const keepsNothing = (body: unknown): boolean =>
  keepAlive.safeParse((body as { keep_alive?: unknown } | null)?.keep_alive).data === 0

const unload = async (model: string, { allowed, fleet, models, redis, keys }: OllamaUnloadDeps): Promise<void> => {
  if (!allowed) throw new DroverError('models_are_managed', { path: 'keep_alive: 0' })
  const group = models.group(model)
  if (!models.names(fleet.hosts).includes(group)) throw new DroverError('model_not_found', { model })
  await redis.publish(keys.control, `unload ${group}`).catch((error: unknown) => {
    throw new DroverError('queue_unavailable', {}, error)
  })
}

const unloaded: Answer = {
  text: '',
  reasoning: '',
  toolCalls: [],
  logprobs: undefined,
  vectors: [],
  reason: 'unload',
  usage: { promptTokens: 0, completionTokens: 0 },
  timings: { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 },
  contextJson: undefined,
  start: undefined,
}
