import { adminPort } from '@drover/shared/config/ports'
import type { Config } from '@drover/shared/config/schema'
import { DroverError } from '@drover/shared/errors/drover-error'
import type { Logger } from '@drover/shared/logger'
import { createHttp } from '../http.ts'
import type { FleetReport } from './fleet-report.ts'
import { registerAdminFleet } from './fleet.ts'
import { registerAdminGuard, type AdminGuardDeps } from './guard.ts'
import { registerAdminSettings } from './settings.ts'

export interface AdminDeps {
  readonly report: FleetReport
  readonly guard: AdminGuardDeps
  readonly logger: Logger
}

export interface Admin extends AsyncDisposable {
  readonly url: string
}

const bodyBytesMax = 64 * 1024

/** The admin listener: what operators see and change while drover runs. Rejects when it cannot listen. */
export const startAdmin = async (config: Config, { report, guard, logger }: AdminDeps): Promise<Admin> => {
  const app = createHttp(bodyBytesMax, config.admin.keys, logger)
  app.addHook('onRequest', async request => {
    // Without a key, loopback is open to every page in a browser of this machine. Browsers say so.
    if (request.headers.origin !== undefined)
      throw new DroverError('invalid_request', { field: 'origin', problem: 'requests of web pages are not taken here' })
  })
  registerAdminFleet(app, report)
  registerAdminSettings(app, report)
  registerAdminGuard(app, guard)

  const { host } = config.admin
  const port = adminPort(config)
  const url = await app.listen({ host, port }).catch((error: unknown) => {
    throw explained(error as NodeJS.ErrnoException, `${host}:${port}`)
  })
  return {
    url,
    async [Symbol.asyncDispose]() {
      await app.close()
    },
  }
}

/** Still an error of `listen`, so that whoever started the process knows that no restart helps. */
const explained = (error: NodeJS.ErrnoException, address: string): Error => {
  const { code, syscall } = error
  const why = code === 'EADDRINUSE' ? `${address} is in use` : `cannot listen on ${address}`
  return Object.assign(new Error(`${why}; set admin.port, or DROVER_ADMIN_PORT`, { cause: error }), { code, syscall })
}
