import { Redis, type Command } from 'ioredis'

/**
 * What a connection is for decides how it fails.
 * - `producer`: a request waits on it, so it fails fast: 503 within 1.5 s when Redis is away.
 * - `worker`: running streams wait on it, so it waits for Redis; commands in flight are re-sent, the log drops repeats.
 *   Its callers retry what times out.
 * - `subscriber`: pub/sub only; re-subscribes by itself.
 * - `blocking`: one BZPOPMIN at a time; `blockingTimeout` breaks a wait that a dead connection would never end.
 */
export type Role = 'producer' | 'worker' | 'subscriber' | 'blocking'

/** A connection that owes an answer for so long is dead (half-open, or its Redis frozen) and is made anew. */
const silenceMs = 6_000

const reconnectMs = (times: number): number => Math.min(50 * 2 ** Math.min(times, 5), 1_000)

/**
 * ioredis subscribes anew by itself and looks at no answer: a client that is ended before it comes would reject unheard,
 * and end the process. Whoever sends a command hears of its rejection all the same.
 */
class Subscriber extends Redis {
  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    command.promise.catch(() => {})
    return super.sendCommand(command, stream)
  }
}

/** The only place that constructs a Redis client. The caller owns it and closes it. */
export const createRedis = (url: string, role: Role): Redis => {
  const common = { retryStrategy: reconnectMs, connectTimeout: 2_000, keepAlive: 10_000, socketTimeout: silenceMs }
  switch (role) {
    case 'producer':
      return new Redis(url, { ...common, enableOfflineQueue: false, commandTimeout: 1_000, maxRetriesPerRequest: 1 })
    case 'worker':
      return new Redis(url, { ...common, commandTimeout: 5_000, maxRetriesPerRequest: null })
    case 'subscriber':
      return new Subscriber(url, { ...common, maxRetriesPerRequest: null })
    case 'blocking':
      return new Redis(url, { ...common, maxRetriesPerRequest: null, blockingTimeout: 10_000 })
  }
}
