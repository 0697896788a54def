import type { Config } from '@drover/shared/config/schema'
import { hostState } from '@drover/shared/fleet'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { FleetView } from '../fleet-view.ts'
import type { GuardRulebook } from '@drover/shared/guard-rules'
import type { Operation } from '../openapi/operation.ts'

const down = z.object({ id: z.string(), url: z.string(), up: z.literal(false), reason: z.string() })
const readiness = z.object({
  status: z.enum(['ready', 'not ready']),
  redis: z.boolean(),
  worker: z.boolean(),
  guard: z.boolean(),
})

const tag = 'drover'
const operations = {
  hosts: {
    tag,
    summary: 'How the hosts are',
    description: 'As their workers last saw them; none is asked.',
    answer: z.object({
      healthy_endpoints: z.array(hostState),
      unhealthy_endpoints: z.array(z.union([hostState, down])),
      healthy_count: z.int(),
      unhealthy_count: z.int(),
      demo: z.literal(true).optional().meta({ description: 'The hosts are stand-ins.' }),
    }),
  },
  alive: { tag, summary: 'Whether this process lives', answer: 'text/plain' },
  ready: {
    tag,
    summary: 'Whether a request would reach a queue that somebody serves',
    description: 'Hosts may still be down: that is a 503 per model.',
    answer: readiness,
    unavailable: readiness,
  },
} as const satisfies Record<string, Operation>

/** Never asks a model: the workers' probes know how the hosts are. Shapes as LiteLLM's, so that its monitors fit. */
export const registerHealth = (
  app: FastifyInstance,
  config: Config,
  rulebook: GuardRulebook,
  fleet: FleetView,
): void => {
  app.get('/health', { config: { operation: operations.hosts } }, () => {
    const { hosts } = fleet
    const seen = new Set(hosts.map(host => host.id))
    const unseen = config.hosts
      .filter(host => !seen.has(host.id))
      .map(host => ({
        id: host.id,
        url: new URL(host.url).origin,
        up: false,
        reason: 'no worker has reported on it yet',
      }))
    const healthy = hosts.filter(host => host.up)
    const unhealthy = [...hosts.filter(host => !host.up), ...unseen]
    return {
      healthy_endpoints: healthy,
      unhealthy_endpoints: unhealthy,
      healthy_count: healthy.length,
      unhealthy_count: unhealthy.length,
      ...(config.demo ? { demo: true } : {}),
    }
  })

  app.get('/health/liveliness', { config: { open: true, operation: operations.alive } }, () => "I'm alive!")
  app.get('/health/liveness', { config: { open: true, operation: operations.alive } }, () => "I'm alive!")

  /** Ready: a request would reach a queue that somebody serves. Hosts may still be down; that is a 503 per model. */
  app.get('/health/readiness', { config: { open: true, operation: operations.ready } }, (_request, reply) => {
    const checks = {
      redis: fleet.redisAnswers,
      worker: fleet.hosts.some(host => host.up || host.reason !== 'no worker looks after it'),
      guard: fleet.guardAlive || !rulebook.enforces,
    }
    const ready = Object.values(checks).every(Boolean)
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...checks })
  })
}
