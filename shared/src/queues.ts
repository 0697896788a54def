import { z } from 'zod'
import { modelRequest } from './requests.ts'
import { verdict } from './verdict.ts'

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
  /** Texts that go nowhere, which somebody asks about. */
  guardScan: queueName('guard-scan'),
  /** Copies of prompts, and names of answers, that are only observed. */
  guardObserve: queueName('guard-observe'),
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
  /** Which sides pass a guard on their way. */
  guard: z.object({ input: z.boolean(), output: z.boolean() }),
  /** Sides that do not, and of which a guard gets a copy. */
  observed: z.array(z.enum(['input', 'output'])).default([]),
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
  /** The group that was asked first, and who asked: they decide which rules apply. */
  model: z.string(),
  caller: z.string(),
  deadlineAt: z.number(),
})

/** Asks a guard to count what is found in a prompt that has gone its way, or in an answer, from its released log. */
export const guardObserveJob = z.discriminatedUnion('side', [
  z.object({ side: z.literal('input'), job: chatJob }),
  z.object({ side: z.literal('output'), ...guardOutputJob.shape }),
])

/** Asks what a guard says of texts. It answers in the released log of `id`, as one text: the JSON of `scanAnswer`. */
export const guardScanJob = z.object({
  ...guardOutputJob.shape,
  side: z.enum(['input', 'output']),
  texts: z.array(z.string()),
  /** Scanners that are left out. */
  except: z.array(z.string()).default([]),
})

/** What a guard says of the texts it was asked about, one verdict each. */
export const scanAnswer = z.object({
  /** Those that read the texts, in their order. */
  scanners: z.array(z.string()),
  languages: z.array(z.string()),
  /** Of each, at most `findingsToldMax` findings. */
  verdicts: z.array(verdict),
  /** Of each, the highest score of every scanner that found something. */
  scores: z.array(z.record(z.string(), z.number())),
})

/** A text of a megabyte can have a million. */
export const findingsToldMax = 1_000

export type ChatJob = z.infer<typeof chatJob>
export type GuardOutputJob = z.infer<typeof guardOutputJob>
export type GuardObserveJob = z.infer<typeof guardObserveJob>
export type GuardScanJob = z.infer<typeof guardScanJob>
export type ScanAnswer = z.infer<typeof scanAnswer>

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
