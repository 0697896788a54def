import { DroverError } from '@drover/shared/errors/drover-error'
import { jobClasses } from '@drover/shared/queues'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { AskedRequests, Listed } from '../admission/asked.ts'
import { callerOf } from '../admission/caller.ts'

const operation = {
  tag: 'drover',
  summary: 'What the caller has asked and not been answered yet',
  description: 'The oldest first, at most 100; of more than that, some.',
  answer: z.object({
    object: z.literal('list'),
    data: z.array(
      z.object({
        id: z
          .string()
          .meta({ description: 'The request’s `x-request-id`; of several answers, each has a number behind it.' }),
        model: z.string().meta({ description: 'As the request named it.' }),
        class: z.enum(jobClasses),
        state: z.enum(['queued', 'running']),
        position: z.int().nullable().meta({ description: '1 is the next to be started; null once it runs.' }),
        eta_ms: z
          .int()
          .nullable()
          .meta({ description: 'Expected until it is started; null where nothing was measured.' }),
        waited_ms: z.int().nullable(),
      }),
    ),
    total: z.int().meta({ description: 'Of all, listed or not.' }),
  }),
} as const

/** What the caller has asked and not been answered yet, and nobody else's. */
export const registerQueue = (app: FastifyInstance, asked: AskedRequests, keysAreChecked: boolean): void => {
  app.get('/v1/queue', { config: { operation } }, async request => {
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
