/**
 * Every key and channel drover owns in Redis. BullMQ's own keys (`<prefix>:{<queue>}:…`) are listed in `queues.ts`.
 *
 * | key | type | lives | written by | read by |
 * |---|---|---|---|---|
 * | `<p>:{<id>}:raw` | stream | 10 min after the last entry | worker | guard |
 * | `<p>:{<id>}:out` | stream | 10 min after the last entry | worker or guard | api |
 * | `<log>:to` | set of channels | as its log | readers | append script |
 * | `<p>:hosts` | hash id → state JSON | for ever, one field per host | worker | api, worker |
 * | `<p>:alive:<hostId>` | string | `hostAliveMs` | worker | api, worker |
 * | `<p>:lease:<hostId>` | string owner | `leaseMs` | worker | worker |
 * | `<p>:workers` | set of worker ids | for ever; the dead are removed by the living | worker | worker |
 * | `<p>:owner:<workerId>` | string | `ownerAliveMs` | worker | worker |
 * | `<p>:guard` | string | `ownerAliveMs` | guard | api |
 *
 * | channel | carries | published by | heard by |
 * |---|---|---|---|
 * | `<p>:to:<readerId>` | appended entries, one channel per process | append script | the process that reads |
 * | `<p>:control` | `cancel <id>` and `redirect <hostId>` | api, guard, worker | worker |
 * | `<p>:fleet` | a host id whose state changed | worker | api |
 */

/** How long a log outlives its last entry: long enough to resume, short enough that prompts do not linger. */
export const logTtlMs = 10 * 60_000

/**
 * A host without a sign of life from its worker for this long is down. Longer than a lease, so that a host whose worker
 * died stays up while another takes it over: its jobs wait, they are not refused.
 */
export const hostAliveMs = 12_000

/** A worker process without a heartbeat for this long is dead, and so is what it was writing. */
export const ownerAliveMs = 6_000

export type LogName = 'raw' | 'out'

/**
 * A log nobody has listened to for this long has no reader any more. Long enough for an api's subscriber to reconnect
 * (`out`), and for another guard to take a dead one's place (`raw`).
 */
export const unheardLimitMs: Record<LogName, number> = { raw: 20_000, out: 5_000 }

export interface Keys {
  readonly prefix: string
  log(responseId: string, name: LogName): string
  listeners(logKey: string): string
  readonly hosts: string
  hostAlive(hostId: string): string
  lease(hostId: string): string
  readonly workers: string
  owner(workerId: string): string
  /** Exists while at least one guard process lives. */
  readonly guard: string
  inbox(readerId: string): string
  readonly control: string
  readonly fleet: string
}

/** @param prefix keeps two drovers (or two tests) on one Redis apart. */
export const createKeys = (prefix: string): Keys => ({
  prefix,
  log: (responseId, name) => `${prefix}:{${responseId}}:${name}`,
  listeners: logKey => `${logKey}:to`,
  hosts: `${prefix}:hosts`,
  hostAlive: hostId => `${prefix}:alive:${hostId}`,
  lease: hostId => `${prefix}:lease:${hostId}`,
  workers: `${prefix}:workers`,
  owner: workerId => `${prefix}:owner:${workerId}`,
  guard: `${prefix}:guard`,
  inbox: readerId => `${prefix}:to:${readerId}`,
  control: `${prefix}:control`,
  fleet: `${prefix}:fleet`,
})
