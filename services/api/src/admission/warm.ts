import { queues } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { bindWarm, expectedWaitThereMs, warmGainMs, type Prefix } from '@drover/shared/scheduling/affinity'
import type { GroupLoad, HostLoad } from '@drover/shared/scheduling/load'
import { expectedServiceMs } from '@drover/shared/scheduling/service'
import type { Redis } from 'ioredis'
import type { Serving } from '../fleet-view.ts'
import type { QueuePlace } from './placement.ts'

/** A host that has the beginning of a conversation in its cache. */
export interface Found {
  readonly host: HostLoad
  readonly prefix: Prefix
}

/** The open host that answered the longest part of the conversation. One round trip. */
export const findWarm = async (
  prefixes: readonly Prefix[],
  hosts: readonly HostLoad[],
  redis: Redis,
  keys: Keys,
): Promise<Found | undefined> => {
  if (prefixes.length === 0) return undefined
  const ids = await redis.mget(prefixes.map(prefix => keys.warm(prefix.digest)))
  for (const [index, prefix] of prefixes.entries()) {
    const host = ids[index] == null ? undefined : hosts.find(({ id, open }) => open && id === ids[index])
    if (host !== undefined) return { host, prefix }
  }
  return undefined
}

/** Undefined when it would not pay to wait for that host. One round trip. */
export const bindToWarm = async (
  { host, prefix }: Found,
  model: string,
  { runMs, tokens }: Serving['waits'],
  elsewhereMs: number | undefined,
  redis: Redis,
  keys: Keys,
): Promise<{ readonly patienceMs: number; readonly place: QueuePlace } | undefined> => {
  const load = loadOf(host, model)
  const serviceMs = load && expectedServiceMs(load, tokens)
  if (load === undefined || serviceMs === undefined) return undefined
  const bound = await redis.zcard(`${keys.prefix}:${queues.host(host.id, model)}:prioritized`)
  const slots = Math.min(host.slots, load.slots)
  const used = slots - Math.min(host.slots - host.used, load.slots - load.used)
  const thereMs = expectedWaitThereMs({ slots, used, bound, serviceMs })
  const warm = bindWarm({
    gainMs: warmGainMs(prefix.chars, load.speed?.promptCharMs),
    expectedWaitThereMs: thereMs,
    expectedWaitElsewhereMs: elsewhereMs ?? 0,
    slowerByMs: serviceMs - (runMs ?? serviceMs),
    boundThere: bound,
    slotsThere: slots,
  })
  if (warm.kind === 'group') return undefined
  return { patienceMs: warm.patienceMs, place: { position: bound + 1, etaMs: thereMs } }
}

const loadOf = ({ groups }: HostLoad, model: string): GroupLoad | undefined =>
  Object.hasOwn(groups, model) ? groups[model] : undefined
