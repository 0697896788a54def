import { runService } from '@drover/shared/service'
import { startApi } from './app.ts'

await runService('api', process.env, async ({ config, redisUrl, logger }) => {
  const api = await startApi(config, redisUrl, logger)
  logger.info({ url: api.url, admin: api.adminUrl }, 'listening')
  return api
})
