import type { FastifyInstance } from 'fastify'
import type { FleetReport } from './fleet-report.ts'

interface HostRoute {
  Params: { id: string }
}

export const registerAdminFleet = (app: FastifyInstance, report: FleetReport): void => {
  app.get('/admin/fleet', async () => {
    const [settings, hosts] = await Promise.all([report.settings(), report.hosts()])
    return { ...settings, hosts, queues: await report.queues(hosts) }
  })

  // Twice is harmless: both say how it is to be.
  app.post<HostRoute>('/admin/hosts/:id/drain', async request => report.drain(request.params.id, true))
  app.post<HostRoute>('/admin/hosts/:id/undrain', async request => report.drain(request.params.id, false))
}
