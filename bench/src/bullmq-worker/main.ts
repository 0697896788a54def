import { readConfigFile } from '@drover/shared/config/read-file'
import { aborted, announceReady, exitUnstartable, shutdownSignal } from '@drover/shared/lifecycle'
import { LogScripts } from '@drover/shared/log/scripts'
import { locks, queues } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys } from '@drover/shared/redis/keys'
import { Stop } from '@drover/shared/stop'
import { Worker } from 'bullmq'
import { OllamaHost } from '../../../services/worker/src/hosts/ollama.ts'
import { runChat, type ChatDeps, type StopReason } from '../../../services/worker/src/jobs/chat.ts'
import { readTicket } from '../../../services/worker/src/jobs/ticket.ts'
import { model } from '../wire.ts'

/**
 * What drover's pulling is measured against: the same job, host client and log, run by a BullMQ `Worker` with one host's
 * slots as its concurrency. Nothing of what the real worker does besides: no lease, no probe, no breaker, no cancel.
 * Configured as the real one is.
 */

const shutdown = shutdownSignal()
const read = await readConfigFile(process.env['DROVER_CONFIG'] ?? 'drover.yaml', process.env)
if (!read.ok) process.exit(exitUnstartable)
const { config } = read
const host = config.hosts[0]!

const redis = createRedis(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', 'worker')
const keys = createKeys(config.redis.prefix)
const ollama = new OllamaHost(host, config.upstream)
const deps: ChatDeps = {
  redis,
  keys,
  scripts: new LogScripts(redis, keys),
  workerId: 'bench',
  hostId: host.id,
  generate: ({ request }, signal) => ollama.run(model, request, {}, signal),
  fallback: () => undefined,
  unableHosts: async () => undefined,
  enqueueGuard: () => Promise.reject(new Error('guards are off')),
}

const worker = new Worker(
  queues.group(model),
  async job => {
    const ticket = readTicket(job)
    if (ticket === undefined) throw new Error('not a chat job')
    using stop = new Stop<StopReason>()
    await runChat(ticket, deps, stop)
    // As by hand: what a job resolves to is stored.
    return null
  },
  {
    connection: redis,
    prefix: keys.prefix,
    concurrency: host.slots,
    lockDuration: locks.lockDurationMs,
    lockRenewTime: locks.renewMs,
    stalledInterval: locks.stalledIntervalMs,
  },
)
// The run is worthless, and the producer would wait for the end of that job: the death of a process ends it.
worker.on('failed', (_job, error) => {
  process.stderr.write(`a job failed: ${error.message}\n`)
  process.exit(1)
})
worker.on('error', error => process.stderr.write(`${error.message}\n`))

await worker.waitUntilReady()
announceReady()
await aborted(shutdown)
process.exit(0)
