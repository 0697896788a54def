import { chatJob, type ChatJob } from '@drover/shared/queues'
import type { Job } from 'bullmq'

/** One start of a job. */
export interface Ticket {
  readonly job: ChatJob
  /** Starts so far that were given a fair chance, this one included, over all queues. */
  readonly tries: number
  /** The attempt it writes its log as: higher than every earlier start's, whatever queue that was on. */
  readonly attempt: number
}

/** Above any number of starts on one queue, so that attempts rise from queue to queue. */
const attemptsPerQueue = 1_000_000

/** Undefined when the data is not a chat job. */
export const readTicket = (job: Pick<Job, 'data' | 'attemptsStarted'>): Ticket | undefined => {
  const parsed = chatJob.safeParse(job.data)
  if (!parsed.success) return undefined
  const { moves, triesBefore, returns } = parsed.data
  return {
    job: parsed.data,
    tries: triesBefore + job.attemptsStarted - returns,
    attempt: moves * attemptsPerQueue + job.attemptsStarted,
  }
}
