import type { Config } from './config/schema.ts'
import { withPorts } from './config/ports.ts'
import { readConfigFile } from './config/read-file.ts'
import { aborted, announceReady, exitUnstartable, limitStop, shutdownSignal, stopGraceMs } from './lifecycle.ts'
import { createLogger, type Logger } from './logger.ts'

/** What every service is started with. */
export interface ServiceContext {
  readonly config: Config
  readonly redisUrl: string
  readonly logger: Logger
}

/** Where it listens, if it does, for the supervisor's banner. */
export type Service = AsyncDisposable & { readonly url?: string; readonly adminUrl?: string }

/**
 * The life of a service's process: read the configuration, start, say so, run until told to stop, stop in order.
 * @param env DROVER_CONFIG, DROVER_PORT, DROVER_ADMIN_PORT, DROVER_LOG_LEVEL and REDIS_URL, and whatever the configuration refers to.
 */
export const runService = async (
  name: string,
  env: NodeJS.ProcessEnv,
  start: (context: ServiceContext) => Promise<Service>,
): Promise<never> => {
  const logger = createLogger(name, env['DROVER_LOG_LEVEL'] ?? 'info')
  const shutdown = shutdownSignal()
  const read = await readConfigFile(env['DROVER_CONFIG'] ?? 'drover.yaml', env)
  if (!read.ok) {
    for (const { path, message } of read.problems) logger.fatal(`${path}: ${message}`)
    process.exit(exitUnstartable)
  }
  const config = withPorts(read.config, env)
  const redisUrl = env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'

  const service = await start({ config, redisUrl, logger }).catch((error: unknown) => {
    logger.fatal({ err: error }, 'could not start')
    // Redis may be there the next time; an address that cannot be had stays so.
    const { code, syscall } = error as NodeJS.ErrnoException
    process.exit(syscall === 'listen' && code !== undefined ? exitUnstartable : 1)
  })
  const { url, adminUrl } = service
  announceReady({ ...(url !== undefined && { url }), ...(adminUrl !== undefined && { adminUrl }) })
  await aborted(shutdown)
  limitStop(config.server.drainMs + stopGraceMs)
  await service[Symbol.asyncDispose]()
  process.exit(0)
}
