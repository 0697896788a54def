import { createLogger } from '@drover/shared/logger'
import { LogScripts } from '@drover/shared/log/scripts'
import { PullQueues } from '@drover/shared/pull/pull-queues'
import { jobOptions, queues } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys } from '@drover/shared/redis/keys'
import { Queue } from 'bullmq'
import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { Lines } from '../services/worker/src/lines.ts'
import { LostJobs } from '../services/worker/src/lost-jobs.ts'
import { Router } from '../services/worker/src/router.ts'

test('who waits for a job that cannot be read is told so, also when its host is lost', async () => {
  await using stack = new AsyncDisposableStack()
  const keys = createKeys(`t${randomUUID().slice(0, 8)}`)
  const redis = stack.adopt(createRedis(inject('redisUrl'), 'worker'), client => client.disconnect())
  const pullQueues = stack.use(new PullQueues(redis, keys.prefix, () => {}))
  const router = stack.use(
    new Router({ redis, keys, pullQueues, rebindAfterMs: 0, loadOf: () => undefined, fallback: () => undefined }),
  )
  const logger = createLogger('test', 'silent')
  const lost = new LostJobs({ lines: new Lines(), pullQueues, router, scripts: new LogScripts(redis, keys), logger })
  const name = queues.host('h1', 'm')
  const queue = stack.adopt(new Queue(name, { connection: redis, prefix: keys.prefix }), open => open.close())
  await queue.add('chat', { newer: true }, { ...jobOptions, jobId: 'r_1', priority: 1 })
  lost.sendAway(name)
  await expect.poll(() => queue.getFailedCount(), { timeout: 2_000 }).toBe(1)
  expect(await redis.xlen(keys.log('r_1', 'out'))).toBe(1)
})
