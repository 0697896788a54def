import type { LogScripts } from '@drover/shared/log/scripts'
import type { Job } from 'bullmq'

/** Ends a job whose data cannot be read: a newer version's, perhaps. Whoever waits for it is told so. */
export const endUnreadable = async (job: Job, token: string, scripts: LogScripts): Promise<void> => {
  await scripts.close(job.id ?? '', ['raw', 'out'], { type: 'error', code: 'internal_error', params: {} })
  await job.moveToFailed(new Error('not a chat job'), token, false)
}
