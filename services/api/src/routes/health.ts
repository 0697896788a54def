import type { Config } from '@drover/shared/config/schema'
import type { FastifyInstance } from 'fastify'
import type { FleetView } from '../fleet-view.ts'
import { needsGuard } from '../guarded.ts'

/** Never asks a model: the workers' probes know how the hosts are. Shapes as LiteLLM's, so that its monitors fit. */
export const registerHealth = (app: FastifyInstance, config: Config, fleet: FleetView): void => {
  app.get('/health', () => {
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

  app.get('/health/liveliness', { config: { open: true } }, () => "I'm alive!")
  app.get('/health/liveness', { config: { open: true } }, () => "I'm alive!")

  /** Ready: a request would reach a queue that somebody serves. Hosts may still be down; that is a 503 per model. */
  app.get('/health/readiness', { config: { open: true } }, (_request, reply) => {
    const checks = {
      redis: fleet.redisAnswers,
      worker: fleet.hosts.some(host => host.up || host.reason !== 'no worker looks after it'),
      guard: fleet.guardAlive || !needsGuard(config),
    }
    const ready = Object.values(checks).every(Boolean)
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...checks })
  })
}
