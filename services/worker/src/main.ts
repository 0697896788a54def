import { runService } from '@drover/shared/service'
import { startWorker } from './worker.ts'

await runService('worker', process.env, context => {
  const onWedged = (reason: string): void => {
    context.logger.fatal({ reason }, 'no job can be had though jobs may wait; a new process takes over')
    process.exit(1)
  }
  return startWorker({ ...context, onWedged })
})
