import { createRedis } from '@drover/shared/redis/client'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Redis } from 'ioredis'
import { Processes } from './processes.ts'
import { openProducer, type Producer } from './producer.ts'

/** The two ways to pull, side by side on one Redis and in front of one host, each with a queue of its own. */

export const pullerNames = ['BullMQ Worker', 'by hand'] as const
export type PullerName = (typeof pullerNames)[number]

/** Both read the same configuration. By hand is the worker service itself. */
const scripts: Record<PullerName, string> = {
  'BullMQ Worker': 'bench/src/bullmq-worker/main.ts',
  'by hand': 'services/worker/src/main.ts',
}

export interface Puller {
  readonly producer: Producer
  readonly pid: number
}

export interface PullBed extends AsyncDisposable {
  readonly redis: Redis
  readonly redisPid: number
  /** One process of each, for the time of `use`: an idle worker still looks for stalled jobs. */
  withPullers<T>(slots: number, use: (pullers: Readonly<Record<PullerName, Puller>>) => Promise<T>): Promise<T>
}

export const startPullBed = async (slotsMax: number, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<PullBed> => {
  await using starting = new AsyncDisposableStack()
  const processes = starting.use(new Processes(env, signal))
  const { url: redisUrl, pid: redisPid } = await processes.startRedis()
  const hostUrl = await processes.startHost(slotsMax)
  const redis = createRedis(redisUrl, 'worker')
  starting.defer(() => redis.disconnect())

  const startPuller = async (name: PullerName, slots: number, owned: AsyncDisposableStack): Promise<Puller> => {
    const prefix = `bench-${pullerNames.indexOf(name)}-${slots}`
    const file = path.join(await processes.folder(), 'drover.yaml')
    const config = {
      hosts: [{ id: 'bench', url: hostUrl, slots }],
      server: { drainMs: 1_000 },
      redis: { prefix },
      guard: { enabled: false },
    }
    // JSON is YAML.
    await writeFile(file, JSON.stringify(config))
    const ofProgram = { DROVER_CONFIG: file, REDIS_URL: redisUrl, DROVER_LOG_LEVEL: 'error' }
    const program = owned.use(processes.startNode(name, scripts[name], [], ofProgram))
    await program.firstMessage
    return { pid: program.pid, producer: owned.use(await openProducer(redisUrl, prefix, processes.signal)) }
  }

  const running = starting.move()
  return {
    redis,
    redisPid,
    async withPullers(slots, use) {
      await using owned = new AsyncDisposableStack()
      const worker = await startPuller('BullMQ Worker', slots, owned)
      const byHand = await startPuller('by hand', slots, owned)
      return await use({ 'BullMQ Worker': worker, 'by hand': byHand })
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
