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
import { startGuard } from './guard.ts'

const logger = createLogger('guard', process.env['DROVER_LOG_LEVEL'] ?? 'info')
const shutdown = shutdownSignal()
const read = await readConfigFile(process.env['DROVER_CONFIG'] ?? 'drover.yaml', process.env)
if (!read.ok) {
  for (const { path, message } of read.problems) logger.fatal(`${path}: ${message}`)
  process.exit(exitUnstartable)
}

const guard = await startGuard(read.config, process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', logger)
announceReady()
await aborted(shutdown)
limitStop(read.config.server.drainMs + stopGraceMs)
await guard[Symbol.asyncDispose]()
process.exit(0)
