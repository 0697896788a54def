import { DroverError } from '@drover/shared/errors/drover-error'
import type { FastifyInstance } from 'fastify'
import type { FleetView } from '../fleet-view.ts'
import type { ModelDirectory } from '../model-directory.ts'

/** When this process began: models have no date of their own that all hosts agree on. */
const created = Math.floor(Date.now() / 1000)

export const registerModels = (app: FastifyInstance, fleet: FleetView, models: ModelDirectory): void => {
  const names = (): string[] => models.names(fleet.hosts)
  const item = (id: string): object => ({ id, object: 'model', created, owned_by: 'drover' })

  app.get('/v1/models', () => ({ object: 'list', data: names().map(item) }))

  // A wildcard, because names contain slashes, sent raw or percent-encoded.
  app.get<{ Params: { '*': string } }>('/v1/models/*', request => {
    const model = request.params['*']
    const name = [model.toLowerCase(), models.group(model)].find(candidate => names().includes(candidate))
    if (name === undefined) throw new DroverError('model_not_found', { model })
    return item(name)
  })
}
