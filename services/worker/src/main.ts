import {
  announceReady,
  aborted,
  exitUnstartable,
  limitStop,
  shutdownSignal,
  stopGraceMs,
} from '@drover/shared/lifecycle'
import { createLogger } from '@drover/shared/logger'
import { readConfigFile } from '@drover/shared/config/read-file'
import { startWorker } from './worker.ts'

const logger = createLogger('worker', process.env['DROVER_LOG_LEVEL'] ?? 'info')
const shutdown = shutdownSignal()
const read = await readConfigFile(process.env['DROVER_CONFIG'] ?? 'drover.yaml', process.env)
if (!read.ok) {
  for (const { path, message } of read.problems) logger.fatal(`${path}: ${message}`)
  process.exit(exitUnstartable)
}

const worker = await startWorker({
  config: read.config,
  redisUrl: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379',
  logger,
  onWedged: host => {
    logger.fatal({ host }, 'no job was asked for though a slot is free; a new process takes over')
    process.exit(1)
  },
})
announceReady()
await aborted(shutdown)
limitStop(read.config.server.drainMs + stopGraceMs)
await worker[Symbol.asyncDispose]()
process.exit(0)
