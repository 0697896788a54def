import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { startRedisServer } from './redis-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A real Redis that all test files share: keep to a key prefix of your own. */
    redisUrl: string
  }
}

/** The one of docker-compose.yml. */
const IMAGE = 'redis:7.4-alpine'
const DOCKER_INFO_TIMEOUT_MS = 3_000
/** With the image to download. */
const CONTAINER_TIMEOUT_MS = 60_000

interface Redis extends AsyncDisposable {
  readonly url: string
}

/** The first that can be had: REDIS_URL, a container, a server of our own. A missing Redis fails the suite. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const redis = named() ?? (await containerRedis()) ?? (await startRedisServer())
  project.provide('redisUrl', redis.url)
  return async () => redis[Symbol.asyncDispose]()
}

const named = (): Redis | undefined => {
  const url = process.env['REDIS_URL'] ?? ''
  return url === '' ? undefined : { url, [Symbol.asyncDispose]: async () => {} }
}

const containerRedis = async (): Promise<Redis | undefined> => {
  if (!(await dockerRuns())) return undefined
  try {
    return await Promise.race([startContainer(), failAfter(CONTAINER_TIMEOUT_MS)])
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`tests: Docker runs, but not ${IMAGE} (${reason}); going on with a redis-server of our own\n`)
    return undefined
  }
}

const dockerRuns = async (): Promise<boolean> => {
  try {
    await promisify(execFile)('docker', ['info'], { timeout: DOCKER_INFO_TIMEOUT_MS })
    return true
  } catch {
    return false
  }
}

const startContainer = async (): Promise<Redis> => {
  const { RedisContainer } = await import('@testcontainers/redis')
  // A password, because an image that keeps protected mode refuses all but its own loopback without one.
  const start = async (): Promise<Redis> => {
    const container = await new RedisContainer(IMAGE).withPassword('drover').start()
    return { url: container.getConnectionUrl(), [Symbol.asyncDispose]: async () => void (await container.stop()) }
  }
  try {
    return await start()
  } catch {
    // Without a registry it may be only the image of its clean-up service, Ryuk, that is missing.
    process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true'
    return start()
  }
}

const failAfter = async (ms: number): Promise<never> => {
  await sleep(ms, undefined, { ref: false })
  throw new Error(`not started within ${ms / 1_000} s`)
}
