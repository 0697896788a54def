import { runService } from '@drover/shared/service'
import { startWorker } from './worker.ts'

await runService('worker', process.env, context => {
  const onWedged = (host: string): void => {
    context.logger.fatal({ host }, 'no job was asked for though a slot is free; a new process takes over')
    process.exit(1)
  }
  return startWorker({ ...context, onWedged })
})
