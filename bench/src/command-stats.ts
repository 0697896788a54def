import type { Redis } from 'ioredis'

/** Calls so far by command name, those made by scripts included. */
export type CommandCalls = Readonly<Record<string, number>>

export const readCommandCalls = async (redis: Redis): Promise<CommandCalls> =>
  parseCommandStats(await redis.info('commandstats'))

/** Redis's `INFO commandstats`: a line `cmdstat_<name>:calls=<n>,usec=…` per command called so far. */
export const parseCommandStats = (info: string): CommandCalls =>
  Object.fromEntries(
    [...info.matchAll(/^cmdstat_([^:]{1,64}):calls=(\d{1,15})/gm)].map(([, name, calls]) => [name!, Number(calls)]),
  )
