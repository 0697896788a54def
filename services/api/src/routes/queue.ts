import { DroverError } from '@drover/shared/errors/drover-error'
import type { FastifyInstance } from 'fastify'
import type { AskedRequests, Listed } from '../admission/asked.ts'
import { callerOf } from '../admission/caller.ts'

/** What the caller has asked and not been answered yet, and nobody else's. */
export const registerQueue = (app: FastifyInstance, asked: AskedRequests, keysAreChecked: boolean): void => {
  app.get('/v1/queue', async request => {
    const { requests, total } = await asked.list(callerOf(request, keysAreChecked)).catch((error: unknown) => {
      throw new DroverError('queue_unavailable', {}, error)
    })
    return { object: 'list', data: requests.map(item), total }
  })
}

const item = ({ id, model, class: jobClass, waitedMs, place }: Listed): object => ({
  id,
  model,
  class: jobClass,
  state: place === undefined ? 'running' : 'queued',
  position: place?.position ?? null,
  eta_ms: place?.etaMs === undefined ? null : Math.round(place.etaMs),
  waited_ms: place === undefined ? null : waitedMs,
})
