import { readConfigFile } from '@drover/shared/config/read-file'
import {
  aborted,
  announceReady,
  exitUnstartable,
  limitStop,
  shutdownSignal,
  stopGraceMs,
} from '@drover/shared/lifecycle'
import { createLogger } from '@drover/shared/logger'
import { startApi } from './app.ts'

const logger = createLogger('api', process.env['DROVER_LOG_LEVEL'] ?? 'info')
const shutdown = shutdownSignal()
const read = await readConfigFile(process.env['DROVER_CONFIG'] ?? 'drover.yaml', process.env)
if (!read.ok) {
  for (const { path, message } of read.problems) logger.fatal(`${path}: ${message}`)
  process.exit(exitUnstartable)
}
const port = process.env['DROVER_PORT']
const config =
  port === undefined ? read.config : { ...read.config, server: { ...read.config.server, port: Number(port) } }

const api = await startApi(config, process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', logger).catch(
  (error: unknown) => {
    logger.fatal({ err: error, port: config.server.port }, 'could not start')
    process.exit(exitUnstartable)
  },
)
logger.info({ url: api.url }, 'listening')
announceReady({ url: api.url })
await aborted(shutdown)
limitStop(config.server.drainMs + stopGraceMs)
await api[Symbol.asyncDispose]()
process.exit(0)
