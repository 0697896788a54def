import { runService } from '@drover/shared/service'
import { startGuard } from './guard.ts'

await runService('guard', process.env, ({ config, redisUrl, logger }) => startGuard(config, redisUrl, logger))
