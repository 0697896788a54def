import { configSchema, type Config, type ConfigInput } from '@drover/shared/config/schema'
import { createLogger } from '@drover/shared/logger'
import { createKeys, type Keys } from '@drover/shared/redis/keys'
import { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { startApi, type Api } from '../../services/api/src/app.ts'
import { startGuard } from '../../services/guard/src/guard.ts'
import { startWorker } from '../../services/worker/src/worker.ts'
import { freePort } from '../../cli/src/free-port.ts'
import { startFakeOllama, type FakeOllama, type FakeOllamaOptions } from '../fakes/ollama/server.ts'

type Overrides = Partial<Omit<ConfigInput, 'hosts'>> & { readonly slots?: number }

export interface StackOptions {
  readonly redisUrl: string
  /** One stand-in host each. Default: one. */
  readonly hosts?: readonly FakeOllamaOptions[]
  readonly config?: Overrides
  /** What the configuration says of each host beside its address. */
  readonly hostConfig?: readonly Omit<ConfigInput['hosts'][number], 'id' | 'url'>[]
  /** Further hosts of the configuration, of whatever type; they have to be up. */
  readonly otherHosts?: readonly Omit<ConfigInput['hosts'][number], 'id'>[]
  /** Hosts of the configuration where nothing listens. */
  readonly absentHosts?: number
  /** Which Redis each service sees, where it is not `redisUrl`: for a proxy in between. */
  readonly redisUrlOf?: Partial<Record<'api' | 'guard' | 'worker', string>>
}

export interface Stack extends AsyncDisposable {
  readonly url: string
  readonly adminUrl: string
  readonly hosts: readonly FakeOllama[]
  readonly config: Config
  readonly redis: Redis
  readonly keys: Keys
  /** For tests that stop one of them early; stopping twice is harmless. */
  readonly services: Record<'api' | 'guard' | 'worker', AsyncDisposable>
}

/** The whole of drover in this process on a key prefix of its own, in front of stand-in hosts that are all up. */
export const startStack = async (options: StackOptions): Promise<Stack> => {
  await using stack = new AsyncDisposableStack()
  const logger = createLogger('test', 'silent')
  const hosts = await Promise.all(
    (options.hosts ?? [{}]).map(async host =>
      stack.use(await startFakeOllama({ parallel: options.config?.slots ?? 4, ...host })),
    ),
  )
  const { slots = 4, ...overrides } = options.config ?? {}
  const absent = await Promise.all(Array.from({ length: options.absentHosts ?? 0 }, unusedUrl))
  const config = configSchema.parse({
    ...overrides,
    hosts: [
      ...[...hosts.map(host => host.url), ...absent].map((url, index) => ({
        id: `h${index}`,
        url,
        slots,
        ...options.hostConfig?.[index],
      })),
      ...(options.otherHosts ?? []).map((host, index) => ({ id: `other${index}`, slots, ...host })),
    ],
    server: { port: 0, drainMs: 2_000, ...overrides.server },
    admin: { port: 0, ...overrides.admin },
    probe: { intervalMs: 300, ...overrides.probe },
    redis: { prefix: `t${randomUUID().slice(0, 8)}` },
  })
  const at = (service: 'api' | 'guard' | 'worker'): string => options.redisUrlOf?.[service] ?? options.redisUrl
  const redis = stack.adopt(
    new Redis(options.redisUrl).on('error', () => {}),
    client => client.disconnect(),
  )
  const keys = createKeys(config.redis.prefix)
  stack.defer(() => deleteKeys(redis, config.redis.prefix))
  const wedged: string[] = []
  const onWedged = (host: string): void => void wedged.push(host)
  stack.defer(() => {
    if (wedged.length > 0) throw new Error(`taken for wedged: ${wedged.join(', ')}`)
  })
  const own = (service: AsyncDisposable): AsyncDisposable => stack.use(once(service))
  const worker = own(await startWorker({ config, redisUrl: at('worker'), logger, onWedged }))
  const guard = own(await startGuard(config, at('guard'), logger))
  const api: Api = await startApi(config, at('api'), logger)
  const services = { api: own(api), guard, worker }
  await untilUp(api.url, config.server.keys[0], hosts.length + (options.otherHosts?.length ?? 0))
  const owned = stack.move()
  const { url, adminUrl } = api
  return { url, adminUrl, hosts, config, redis, keys, services, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

const unusedUrl = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`

const once = (service: AsyncDisposable): AsyncDisposable => {
  let disposed: PromiseLike<void> | undefined
  return {
    async [Symbol.asyncDispose]() {
      await (disposed ??= service[Symbol.asyncDispose]())
    },
  }
}

/** The fleet view is refreshed by news from the workers, so this is a matter of milliseconds. */
const untilUp = async (url: string, key: string | undefined, count: number): Promise<void> => {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` }
  const deadline = performance.now() + 10_000
  while (performance.now() < deadline) {
    const health = (await (await fetch(`${url}/health`, { headers })).json()) as { healthy_count: number }
    if (health.healthy_count >= count) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error('the hosts did not come up')
}

const deleteKeys = async (redis: Redis, prefix: string): Promise<void> => {
  for await (const keys of redis.scanStream({ match: `${prefix}:*`, count: 1_000 }))
    if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]))
}
