import { DroverError } from '@drover/shared/errors/drover-error'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  anthropicModel,
  anthropicModelInfo,
  anthropicModelPage,
  anthropicModels,
} from '../dialects/anthropic/models.ts'
import type { FleetView } from '../fleet-view.ts'
import type { ModelDirectory } from '../model-directory.ts'
import type { Operation } from '../openapi/operation.ts'

const model = z.object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })

const tag = 'OpenAI'
const description = 'With the header `anthropic-version`, in the words of Anthropic.'
const operations = {
  list: {
    tag,
    summary: 'The models there are',
    description,
    answer: z.union([z.object({ object: z.literal('list'), data: z.array(model) }), anthropicModelPage]),
  },
  retrieve: {
    tag,
    summary: 'A model by its name, in which slashes may be as they are',
    description,
    wildcard: 'model',
    answer: z.union([model, anthropicModelInfo]),
  },
} as const satisfies Record<string, Operation>

/** When this process began: models have no date of their own that all hosts agree on. */
const created = Math.floor(Date.now() / 1000)

export const registerModels = (app: FastifyInstance, fleet: FleetView, models: ModelDirectory): void => {
  const names = (): string[] => models.names(fleet.hosts)
  const item = (id: string): object => ({ id, object: 'model', created, owned_by: 'drover' })

  app.get('/v1/models', { config: { operation: operations.list } }, request =>
    isAnthropic(request) ? anthropicModels(names(), created) : { object: 'list', data: names().map(item) },
  )

  // A wildcard, because names contain slashes, sent raw or percent-encoded.
  app.get<{ Params: { '*': string } }>('/v1/models/*', { config: { operation: operations.retrieve } }, request => {
    const model = request.params['*']
    const name = [model.toLowerCase(), models.group(model)].find(candidate => names().includes(candidate))
    if (name === undefined) throw new DroverError('model_not_found', { model })
    return isAnthropic(request) ? anthropicModel(name, created) : item(name)
  })
}

/** The path is the same; only Anthropic's clients say the version of their API. */
const isAnthropic = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  headers['anthropic-version'] !== undefined
