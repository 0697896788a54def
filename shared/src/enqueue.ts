import type { Redis } from 'ioredis'
import { jobOptions, type ChatJob } from './queues.ts'
import type { Keys } from './redis/keys.ts'

/** Of BullMQ's queue, what is used here. */
export interface JobQueue {
  readonly name: string
  add(name: string, data: ChatJob, options: typeof jobOptions & { jobId: string; priority: number }): Promise<unknown>
}

/** Under what a job stands in `keys.admitted`. With its time, so that one that got lost can be told. */
export const admittedAs = ({ id, enqueuedAt }: Pick<ChatJob, 'id' | 'enqueuedAt'>): string => `${enqueuedAt} ${id}`

/**
 * Puts a job on a queue in its order; the same job twice is one. Rejects when Redis does not take it.
 * Workers wait on no queue: they hear of the job on the control channel, and look by themselves every two seconds.
 */
export const enqueue = async (queue: JobQueue, job: ChatJob, redis: Redis, keys: Keys): Promise<void> => {
  await queue.add('chat', job, { ...jobOptions, jobId: job.id, priority: job.order })
  // Nobody waits for these: what they say is found out later without them.
  redis.publish(keys.control, `job ${queue.name}`).catch(() => {})
  redis.zrem(keys.admitted(queue.name), admittedAs(job)).catch(() => {})
}
