import { readMemory, type Catalogued, type InMemory } from '@drover/shared/catalogue'
import { DroverError } from '@drover/shared/errors/drover-error'
import type { Keys } from '@drover/shared/redis/keys'
import type { FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { check } from '../dialects/check.ts'
import { string } from '../dialects/ollama/fields.ts'
import { modelDescription, modelList, runningList } from '../dialects/ollama/models-schema.ts'
import type { FleetView } from '../fleet-view.ts'
import type { ModelDirectory } from '../model-directory.ts'
import type { Operation } from '../openapi/operation.ts'

export interface OllamaModelsDeps {
  readonly fleet: FleetView
  readonly models: ModelDirectory
  readonly redis: Redis
  readonly keys: Keys
}

const showBody = z.object(
  {
    model: string.nullish().meta({ description: 'Required without `name`.' }),
    name: string.nullish().meta({ description: 'What older clients say for `model`.' }),
  },
  'must be a JSON object',
)

const tag = 'Ollama'
const operations = {
  tags: { tag, summary: 'The models there are', answer: modelList },
  ps: { tag, summary: 'The models in the memory of hosts', answer: runningList },
  show: { tag, summary: 'What a model is, as a host that has it tells', body: showBody, answer: modelDescription },
} as const satisfies Record<string, Operation>

/** What models there are, what is in memory, and what one of them is, as if the fleet were one Ollama. */
export const registerOllamaModels = (app: FastifyInstance, { fleet, models, redis, keys }: OllamaModelsDeps): void => {
  /** Of the first host that has it, by id: hosts may differ in all but the name. */
  const catalogued = (): Map<string, Catalogued> =>
    firstByModel(fleet.hosts.map(({ id }) => fleet.catalogues.get(id) ?? []))

  app.get('/api/tags', { config: { operation: operations.tags } }, () => {
    const known = catalogued()
    return { models: models.names(fleet.hosts).map(name => listed(name, known.get(models.group(name)))) }
  })

  app.get('/api/ps', { config: { operation: operations.ps } }, async () => {
    const up = fleet.hosts.filter(host => host.up).map(({ id }) => id)
    const memory = await answered(readMemory(redis, keys, up))
    return { models: merged([...memory.values()].flat()).map(running) }
  })

  app.post('/api/show', { config: { operation: operations.show } }, async (request, reply) => {
    const name = nameOf(request.body)
    const group = models.group(name)
    if (!models.names(fleet.hosts).includes(group)) throw new DroverError('model_not_found', { model: name })
    const json = await answered(description(group))
    return json === undefined
      ? undescribed(catalogued().get(group))
      : reply.type('application/json; charset=utf-8').send(json)
  })

  /** As a host told it, one that is up if possible; undefined when none did. Usually one round trip. */
  const description = async (group: string): Promise<string | undefined> => {
    const serving = fleet.hosts.filter(host => host.models.includes(group))
    for (const { id } of [...serving.filter(host => host.up), ...serving.filter(host => !host.up)]) {
      const json = await redis.hget(keys.show(id), group)
      if (json !== null) return json
    }
    return undefined
  }
}

/** Throws DroverError `queue_unavailable` when Redis does not answer. */
const answered = <T>(asked: Promise<T>): Promise<T> =>
  asked.catch((error: unknown) => {
    throw new DroverError('queue_unavailable', {}, error)
  })

const nameOf = (raw: unknown): string => {
  const { model, name } = check(showBody, raw)
  const given = model || name
  if (!given) throw new DroverError('invalid_request', { field: '', problem: 'model is required' })
  return given
}

const firstByModel = (lists: readonly (readonly Catalogued[])[]): Map<string, Catalogued> => {
  const first = new Map<string, Catalogued>()
  for (const entry of lists.flat()) if (!first.has(entry.model)) first.set(entry.model, entry)
  return first
}

/** Ollama shows every name with its tag, and Open WebUI knows no model by a name without one. */
const tagged = (name: string): string => (/:[^/]*$/.test(name) ? name : `${name}:latest`)

const startedAt = new Date().toISOString()

const noDetails = {
  parent_model: '',
  format: '',
  family: '',
  families: [],
  parameter_size: '',
  quantization_level: '',
}
const detailsOf = (json: string | undefined): unknown => (json === undefined ? noDetails : JSON.parse(json))

/** Ollama's own client cuts it to twelve characters and breaks on fewer. */
const digestOf = (name: string, digest: string | undefined): string =>
  digest || createHash('sha256').update(name).digest('hex')

/** What is not known of a model has some value all the same, because clients print or parse it. */
const listed = (name: string, entry: Catalogued | undefined): object => ({
  name: tagged(name),
  model: tagged(name),
  modified_at: entry?.modifiedAt || startedAt,
  size: entry?.bytes ?? 0,
  digest: digestOf(name, entry?.digest),
  details: detailsOf(entry?.detailsJson),
  ...(entry?.capabilities !== undefined && { capabilities: entry.capabilities }),
})

/** A known model that no host has described: what is known of it, and nothing made up. */
const undescribed = (entry: Catalogued | undefined): object => ({
  license: '',
  modelfile: '',
  parameters: '',
  template: '',
  details: detailsOf(entry?.detailsJson),
  model_info: {},
  ...(entry?.capabilities !== undefined && { capabilities: entry.capabilities }),
  modified_at: entry?.modifiedAt || startedAt,
})

/** One entry per model, by name: as long, as large as on the host where it is so the most. */
const merged = (all: readonly InMemory[]): InMemory[] => {
  const byModel = new Map<string, InMemory>()
  for (const entry of all) {
    const other = byModel.get(entry.model)
    byModel.set(entry.model, other === undefined ? entry : most(other, entry))
  }
  return [...byModel.values()].sort((a, b) => (a.model < b.model ? -1 : 1))
}

const most = (first: InMemory, second: InMemory): InMemory => ({
  ...first,
  bytes: Math.max(first.bytes, second.bytes),
  vramBytes: Math.max(first.vramBytes, second.vramBytes),
  contextTokens: Math.max(first.contextTokens, second.contextTokens),
  expiresAt: atMs(second) > atMs(first) ? second.expiresAt : first.expiresAt,
})

/** 0 where the host does not say. */
const atMs = ({ expiresAt }: InMemory): number => Date.parse(expiresAt) || 0

const running = (entry: InMemory): object => ({
  name: tagged(entry.model),
  model: tagged(entry.model),
  size: entry.bytes,
  digest: digestOf(entry.model, entry.digest),
  details: detailsOf(entry.detailsJson),
  // Python's `datetime.fromisoformat` before 3.11 reads neither a `Z` nor nanoseconds.
  ...(atMs(entry) !== 0 && { expires_at: new Date(atMs(entry)).toISOString().replace('Z', '+00:00') }),
  size_vram: entry.vramBytes,
  context_length: entry.contextTokens,
})
