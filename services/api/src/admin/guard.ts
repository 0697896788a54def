import { DroverError } from '@drover/shared/errors/drover-error'
import { callerOfKey } from '@drover/shared/caller'
import { sides } from '@drover/shared/guard-rules'
import type { Keys } from '@drover/shared/redis/keys'
import type { FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import { check } from '../dialects/check.ts'
import type { Scans } from '../scans.ts'

const dryRun = z.strictObject({
  side: z.enum(sides, 'must be input or output'),
  text: z.string('must be a string'),
  /** Whose rules apply. */
  model: z.string('must be the name of a model').default(''),
  key: z.string('must be an API key').optional(),
})

export interface AdminGuardDeps {
  readonly redis: Redis
  readonly keys: Keys
  readonly scans: Pick<Scans, 'ask'>
  /** Of a text to be tried: as large as a client's may be. */
  readonly bodyBytesMax: number
}

/** What the guards have found since ever, and what they would say of a text. Neither logs nor counts what it is shown. */
export const registerAdminGuard = (
  app: FastifyInstance,
  { redis, keys, scans, bodyBytesMax }: AdminGuardDeps,
): void => {
  app.get('/admin/guard', async () => {
    const counts = await redis.hgetall(keys.findings).catch((error: unknown) => {
      throw new DroverError('queue_unavailable', {}, error)
    })
    return {
      findings: Object.keys(counts)
        .sort()
        .map(field => count(field, counts[field])),
    }
  })

  app.post('/admin/guard/scan', { bodyLimit: bodyBytesMax }, async request => {
    const { side, text, model, key } = check(dryRun, request.body)
    const caller = key === undefined ? '' : callerOfKey(key)
    const { scanners, languages, verdicts } = await scans.ask({ side, texts: [text], model, caller })
    return { ...verdicts[0], lang: languages[0], scanners }
  })
}

const count = (field: string, times: string | undefined): object => {
  const [side, scanner, action] = field.split(' ')
  return { side, scanner, action, count: Number(times) }
}
