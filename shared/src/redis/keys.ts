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
 * | `<p>:findings` | hash `<side> <scanner> <action>` → how often, since ever | for ever | guard | api |
 * | `<p>:held:<hostId>` | hash worker id → held slots, JSON | for ever, removed by the worker that leaves | worker | worker |
 * | `<p>:settings` | hash of what an operator set at run time, over the configuration | for ever | api | api, worker |
 * | `<p>:drained` | set of host ids | for ever | api | api, worker |
 * | `<p>:turn:<model>` | counter of round robin and weighted | for ever | api | api |
 * | `<p>:{<queue>}:fair` | zset caller → virtual time | while the queue has jobs | api | api |
 * | `<p>:{<queue>}:admitted` | zset `<ms> <id>` → order | until its job is on the queue, at most `admittedTtlMs` | api, guard | api |
 * | `<p>:asked:<caller>` | hash response id → what was asked, JSON | until the last deadline | api | api |
 * | `<p>:warm:<digest>` | string host id | `warmTtlMs` | worker | api |
 * | `<p>:catalogue` | hash host id → list of `Catalogued`, JSON | for ever, one field per host | worker | api |
 * | `<p>:memory` | hash host id → list of `InMemory`, JSON | for ever, one field per host | worker | api |
 * | `<p>:show:<hostId>` | hash public model name → `/api/show` of the host, JSON | for ever | worker | api |
 * | `<p>:response:<caller>:<id>` | hash: response of `/v1/responses`, and its conversation, JSON | `responses.keepMs` | api | api |
 * | `<p>:cache:<digest>` | events of an answer, JSON | `cache.ttlMs` | api | api |
 *
 * | channel | carries | published by | heard by |
 * |---|---|---|---|
 * | `<p>:to:<readerId>` | appended entries, one channel per process | append script | the process that reads |
 * | `<p>:control` | `cancel <id>`, `job <queue>`, `held <hostId>` and `unload <model>` | api, guard, worker | worker |
 * | `<p>:fleet` | a host id whose state changed, or `settings` | worker, api | api, worker |
 * | `<p>:load` | JSON list of `HostLoad` | worker | api, worker |
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

/** A job that was promised a place and is not on its queue after this long was lost on the way. */
export const admittedTtlMs = 30_000

/** A conversation's KV cache is not looked for longer than Ollama keeps an idle model by default (5 min), and then some. */
export const warmTtlMs = 10 * 60_000

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
  /** Counters of what guards found and did: `input Secrets redact`. `failed` counts scanners that threw. */
  readonly findings: string
  /** Slots that a worker which gave the host up still uses until its last streams end. */
  held(hostId: string): string
  readonly settings: string
  readonly drained: string
  turn(model: string): string
  /** @param queue a BullMQ queue's name, which carries the hash tag. */
  fair(queue: string): string
  /** Jobs that were promised a place there and are not there yet. */
  admitted(queue: string): string
  asked(caller: string): string
  warm(digest: string): string
  readonly catalogue: string
  readonly memory: string
  show(hostId: string): string
  response(caller: string, id: string): string
  cache(digest: string): string
  inbox(readerId: string): string
  readonly control: string
  readonly fleet: string
  readonly load: string
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
  findings: `${prefix}:findings`,
  held: hostId => `${prefix}:held:${hostId}`,
  settings: `${prefix}:settings`,
  drained: `${prefix}:drained`,
  turn: model => `${prefix}:turn:${model}`,
  fair: queue => `${prefix}:${queue}:fair`,
  admitted: queue => `${prefix}:${queue}:admitted`,
  asked: caller => `${prefix}:asked:${caller}`,
  warm: digest => `${prefix}:warm:${digest}`,
  catalogue: `${prefix}:catalogue`,
  memory: `${prefix}:memory`,
  show: hostId => `${prefix}:show:${hostId}`,
  response: (caller, id) => `${prefix}:response:${caller}:${id}`,
  cache: digest => `${prefix}:cache:${digest}`,
  inbox: readerId => `${prefix}:to:${readerId}`,
  control: `${prefix}:control`,
  fleet: `${prefix}:fleet`,
  load: `${prefix}:load`,
})
