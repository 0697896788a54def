import { strategies, type Strategy } from '@drover/shared/config/schema'
import { didYouMean } from '@drover/shared/config/suggest'
import { DroverError } from '@drover/shared/errors/drover-error'
import type { FastifyInstance } from 'fastify'
import type { FleetReport } from './fleet-report.ts'

export const registerAdminSettings = (app: FastifyInstance, report: FleetReport): void => {
  app.get('/admin/settings', async () => report.settings())
  app.patch('/admin/settings', async request => report.choose(parseStrategy(request.body)))
}

const strategyExpected = `must be one of ${strategies.join(', ')}, or null for that of the configuration`

const invalid = (field: string, problem: string): DroverError => new DroverError('invalid_request', { field, problem })

/**
 * Of `{"strategy": …}`; undefined for null, the configuration's.
 * @throws DroverError `invalid_request` naming the field and what would be right.
 */
export const parseStrategy = (body: unknown): Strategy | undefined => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('', 'the body must be an object such as {"strategy": "weighted"}')
  const stray = Object.keys(body).find(key => key !== 'strategy')
  if (stray !== undefined) throw invalid(stray, `is no setting; there is strategy${didYouMean(stray, ['strategy'])}`)
  const { strategy } = body as { strategy?: unknown }
  if (strategy === null) return undefined
  const known = strategies.find(name => name === strategy)
  if (known !== undefined) return known
  const guess = typeof strategy === 'string' ? didYouMean(strategy, strategies) : ''
  throw invalid('strategy', strategyExpected + guess)
}
