import { createRedis } from '@drover/shared/redis/client'
import { once } from 'node:events'

/**
 * Health of a service without a port: exits 0 if its process has used Redis lately, as Redis sees it. Every service
 * beats each `locks.renewMs`; one that is dead, hung or cut off falls silent, and so does one whose Redis is away.
 * Run it where the service runs: what tells its connections apart is the address they come from.
 */
const silentMaxS = 10

interface Connection {
  readonly id: string
  /** `<ip>:<port>` */
  readonly addr: string
  /** Whole seconds since its last command. */
  readonly idle: string
}

/** `CLIENT LIST` has one line of `field=value` pairs per connection. */
const connections = (clientList: string): Connection[] =>
  clientList
    .trim()
    .split('\n')
    .map(line => {
      const { id = '', addr = '', idle = '' } = Object.fromEntries(line.split(' ').map(pair => pair.split('=')))
      return { id, addr, idle }
    })

const ip = ({ addr }: Connection): string => addr.slice(0, addr.lastIndexOf(':'))

const redis = createRedis(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', 'producer')
await once(redis, 'ready')
const ownId = String(await redis.client('ID'))
const all = connections(String(await redis.client('LIST')))
redis.disconnect()

const own = all.find(({ id }) => id === ownId)
const idleS = all
  .filter(it => own !== undefined && it.id !== ownId && ip(it) === ip(own))
  .map(({ idle }) => Number(idle))
const healthy = idleS.some(seconds => seconds <= silentMaxS)
process.stdout.write(`${idleS.length} connections, idle for ${Math.min(...idleS)} s\n`)
process.exitCode = healthy ? 0 : 1
