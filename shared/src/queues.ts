import { z } from 'zod'
import { modelRequest } from './requests.ts'

/** Which queues exist, what a job on them carries, and how long it is kept. */

/** BullMQ forbids ':' in a queue name; the braces are the hash tag that keeps a queue on one cluster shard. */
const queueName = (kind: string, ...of: readonly string[]): string =>
  of.length === 0 ? `{${kind}}` : `{${kind}-${of.map(encodeURIComponent).join('@')}}`

/** How much of a hurry a job is in, the most urgent first. Each has its own queue, so that a board shows them apart. */
export const jobClasses = ['interactive', 'background', 'batch'] as const
export type JobClass = (typeof jobClasses)[number]

export const queues = {
  guardInput: queueName('guard-input'),
  guardOutput: queueName('guard-output'),
  /** All hosts that serve a public model name pull from its group queues: one per class. */
  group: (model: string, jobClass: JobClass = 'interactive'): string =>
    jobClass === 'interactive' ? queueName('chat', model) : queueName('chat', model, jobClass),
  /**
   * Jobs bound to one host, a queue per model, so that none waits behind one that cannot run: those that a strategy or
   * an affinity gave it, and those that another host failed. Host ids have no "@".
   */
  host: (hostId: string, model: string): string => queueName('host', hostId, model),
}

export const chatJob = z.object({
  /** The response's id: also the BullMQ job id on every queue, so that a repeated enqueue is harmless. */
  id: z.string(),
  /** Public name of the model group. */
  model: z.string(),
  request: modelRequest,
  guard: z.object({ input: z.boolean(), output: z.boolean() }),
  /** Who asked: a digest of the API key, else of the client's address. Fairness is between callers. */
  caller: z.string(),
  class: z.enum(jobClasses),
  /** BullMQ priority on the queue it waits on, lowest first (`scheduling/order.ts`). */
  order: z.number(),
  /** The host whose queue it was put on first; absent for the group's. */
  boundTo: z.string().optional(),
  /** When a bound job that still waits goes back to its group (ms since the epoch). */
  boundUntil: z.number().optional(),
  /** Digest of the whole conversation sent (`scheduling/affinity.ts`): its host is remembered under it. */
  conversation: z.string().optional(),
  /** Digest of the part of it that some host has in its cache. */
  continues: z.string().optional(),
  enqueuedAt: z.number(),
  deadlineAt: z.number(),
  /** Hosts that failed this job before its first token. */
  excludedHosts: z.array(z.string()),
  /** Models it was asked of before this one (`fallbacks`), the one the client named first. */
  tried: z.array(z.string()).default([]),
  /** Queues it has waited on before this one, the guard's not counted. BullMQ counts starts anew on each queue. */
  moves: z.number(),
  /** Starts on those queues that were given a fair chance. */
  triesBefore: z.number(),
  /** Starts on this queue that were given back untouched: the host had no room, or the worker was stopping. */
  returns: z.number(),
})

/** Asks a guard to carry a response from its raw log to its released log. */
export const guardOutputJob = z.object({
  id: z.string(),
  model: z.string(),
  deadlineAt: z.number(),
})

export type ChatJob = z.infer<typeof chatJob>
export type GuardOutputJob = z.infer<typeof guardOutputJob>

/** The queue a job waits on, as it was placed. */
export const queueOf = (job: Pick<ChatJob, 'model' | 'class' | 'boundTo'>): string =>
  job.boundTo === undefined ? queues.group(job.model, job.class) : queues.host(job.boundTo, job.model)

/** Lowest first; 0 would overtake everything. BullMQ takes no more than 21 bits. */
export const orderRange = { first: 1, last: 2 ** 21 - 1 } as const

/** Retries are ours (`attempt`, `excludedHosts`), never BullMQ's. Finished jobs stay a little for the board. */
export const jobOptions = {
  attempts: 1,
  removeOnComplete: { age: 300, count: 200 },
  removeOnFail: { age: 3600, count: 1000 },
} as const

/**
 * A dead process is noticed after at most lock + 2 × interval = 9 s, so that a stream it had begun ends within 10 s.
 * A live one renews three times per lock. A Redis outage longer than the lock makes every running job run "again":
 * the response log tells that second attempt to leave it alone.
 */
export const locks = { lockDurationMs: 6_000, renewMs: 2_000, stalledIntervalMs: 1_500 } as const

export const queueDefaults = {
  /** BullMQ's event stream is for boards only; short because js-redis-server copies it on every write. */
  streams: { events: { maxLen: 50 } },
  /** Asked once per queue, at its first use; were Redis frozen then, the queue would be refused for ever. */
  skipVersionCheck: true,
} as const

/** No job is started more often than this; then its response ends with an error. */
export const triesMax = 4
