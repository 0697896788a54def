import type { Redis } from 'ioredis'

/** What others make Redis do, by its slow log, which is told to take every command for a while. */
export interface RedisCost {
  readonly commands: number
  readonly us: number
}

type Entry = [id: number, at: number, us: number, words: string[], client: string, name: string]

const entriesMax = 500_000

/** @param redis only this connection's own commands are left out. */
export const measureRedis = async (redis: Redis, during: () => Promise<void>): Promise<RedisCost> => {
  const own = /\baddr=(\S+)/.exec(await redis.client('INFO'))?.[1]
  await redis.config('SET', 'slowlog-max-len', entriesMax)
  await redis.config('SET', 'slowlog-log-slower-than', 0)
  await redis.slowlog('RESET')
  try {
    await during()
    await redis.config('SET', 'slowlog-log-slower-than', -1)
    const entries = (await redis.slowlog('GET', entriesMax)) as Entry[]
    // What a script calls is logged, too, as from nowhere; its time is the script's.
    const others = entries.filter(([, , , , client]) => client !== own && !client.startsWith('?'))
    const kinds = Map.groupBy(
      others,
      ([, , , [command = '', script = '']]) => `${command} ${isScript(command) ? script : ''}`,
    )
    const us = [...kinds.values()].reduce((sum, same) => sum + undisturbedUs(same), 0)
    return { commands: others.length, us }
  } finally {
    await redis.config('SET', 'slowlog-log-slower-than', -1)
    await redis.slowlog('RESET')
  }
}

const isScript = (command: string): boolean => /^evalsha$/i.test(command)

const counted = 0.9

/** Redis takes the time on the wall: the slowest of a kind were interrupted, and are taken to be like the others. */
const undisturbedUs = (same: readonly Entry[]): number => {
  const sorted = same.map(([, , us]) => us).toSorted((a, b) => a - b)
  const kept = sorted.slice(0, Math.ceil(sorted.length * counted))
  return (kept.reduce((sum, us) => sum + us, 0) / kept.length) * sorted.length
}
