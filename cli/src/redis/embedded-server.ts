import { aborted, announceReady, shutdownSignal } from '@drover/shared/lifecycle'
import { createRedisServer } from 'js-redis-server'

/**
 * `node embedded-server.ts PORT`: js-redis-server on loopback.
 * Its `port` goes to `server.listen` as it is. A bare number would listen on every interface, without a password.
 */
const address = { port: Number(process.argv[2]), host: '127.0.0.1' }

await createRedisServer({ port: address as unknown as number })
announceReady()
await aborted(shutdownSignal())
process.exit(0)
