import { configSchema } from '@drover/shared/config/schema'
import { createLogger } from '@drover/shared/logger'
import { expect, test } from 'vitest'
import { startAdmin, type AdminDeps } from './admin.ts'
import type { FleetReport } from './fleet-report.ts'

const logger = createLogger('test', 'silent')
const guard = {} as unknown as AdminDeps['guard']
const report = { settings: async () => ({ strategy: 'weighted', configured: 'weighted' }) } as unknown as FleetReport

const start = (port: number, host?: string) =>
  startAdmin(configSchema.parse({ hosts: [{ id: 'a', url: 'http://h:1' }], admin: { port, host } }), {
    report,
    guard,
    logger,
  })

test('a port in use is an error that says which setting to change, and that no restart helps', async () => {
  await using first = await start(0)
  const port = Number(new URL(first.url).port)
  await expect(start(port)).rejects.toMatchObject({
    message: `127.0.0.1:${port} is in use; set admin.port, or DROVER_ADMIN_PORT`,
    code: 'EADDRINUSE',
    syscall: 'listen',
  })
  expect((await fetch(`${first.url}/admin/settings`)).status).toBe(200)
})

test.each(['::1', '[::1]'])('it listens on %s', async host => {
  await using admin = await start(0, host)
  expect(new URL(admin.url).hostname).toBe('[::1]')
  expect((await fetch(`${admin.url}/admin/settings`)).status).toBe(200)
})
