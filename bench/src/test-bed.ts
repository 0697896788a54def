import { createRedis } from '@drover/shared/redis/client'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findRedisBinary } from '../../cli/src/redis/binary.ts'
import { privateRedis } from '../../cli/src/redis/private-server.ts'
import type { Target } from './load.ts'
import { Program, type ProgramSpec } from './program.ts'
import { model, ollama, openai } from './wire.ts'

/** What is measured, side by side and all of it up: only one is asked at a time, so that the others cost it nothing. */

export interface Variant {
  readonly target: Target
  /** Process ids whose CPU time is this variant's, by name. The stand-in host and the load are nobody's. */
  readonly pids: Readonly<Record<string, number>>
}

export const variantNames = ['direct', 'proxy', 'drover', 'drover + guards'] as const
export type VariantName = (typeof variantNames)[number]

export interface TestBed extends AsyncDisposable {
  readonly variants: Readonly<Record<VariantName, Variant>>
  /** Aborts when a process dies, when the run takes too long, and when the caller's signal does. */
  readonly signal: AbortSignal
}

export interface TestBedOptions {
  readonly slots: number
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

const root = new URL('../../', import.meta.url)
const runMaxMs = 30 * 60_000
const readyMaxMs = 20_000
const retryMs = 50

export const startTestBed = async ({ slots, env, signal }: TestBedOptions): Promise<TestBed> => {
  const death = new AbortController()
  const bed = new Builder(env, AbortSignal.any([signal, death.signal, AbortSignal.timeout(runMaxMs)]), error =>
    death.abort(error),
  )
  try {
    const redis = await bed.startRedis()
    const hostUrl = await bed.startHost(slots)
    const [proxy, bare, guarded] = await Promise.all([
      bed.startProxy(hostUrl),
      bed.startDrover({ redis, hostUrl, slots, guards: false }),
      bed.startDrover({ redis, hostUrl, slots, guards: true }),
    ])
    const direct = { target: { url: hostUrl, wire: ollama }, pids: {} }
    const variants = { direct, proxy, drover: bare, 'drover + guards': guarded }
    return { variants, signal: bed.signal, [Symbol.asyncDispose]: () => bed[Symbol.asyncDispose]() }
  } catch (error) {
    await bed[Symbol.asyncDispose]()
    throw error
  }
}

interface RunningRedis {
  readonly url: string
  /** Absent when it is not ours. */
  readonly pid?: number
}

interface DroverOptions {
  readonly redis: RunningRedis
  readonly hostUrl: string
  readonly slots: number
  readonly guards: boolean
}

/** Starts processes in order and stops them in reverse. */
class Builder implements AsyncDisposable {
  readonly signal: AbortSignal
  readonly #env: NodeJS.ProcessEnv
  readonly #onDeath: (error: Error) => void
  readonly #owned = new AsyncDisposableStack()

  constructor(env: NodeJS.ProcessEnv, signal: AbortSignal, onDeath: (error: Error) => void) {
    this.signal = signal
    this.#env = env
    this.#onDeath = onDeath
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync()
  }

  /** REDIS_URL, or one of our own with the settings of the one that `npm start` starts. */
  async startRedis(): Promise<RunningRedis> {
    const given = this.#env['REDIS_URL']
    if (given) return { url: given }
    const binary = await findRedisBinary(this.#env['PATH'] ?? '')
    if (binary === undefined) throw new Error('no redis-server or valkey-server on PATH; REDIS_URL names another Redis')
    const result = await privateRedis(binary, await this.#folder(), this.#env)
    const child = result.ok ? result.rung.child : undefined
    if (!result.ok || child === undefined) throw new Error(`no Redis: ${result.ok ? 'no process' : result.reason}`)
    const program = this.#start({ ...child, env: this.#env })
    if (typeof child.ready === 'function')
      await child.ready(program.pid, AbortSignal.any([this.signal, AbortSignal.timeout(readyMaxMs)]))
    return { url: result.rung.url, pid: program.pid }
  }

  async startHost(slots: number): Promise<string> {
    const args = ['--port', '0', '--model', model, '--parallel', String(slots)]
    const program = this.#startNode('host', 'test/fakes/ollama/main.ts', args)
    const { urls } = JSON.parse(await program.firstLine) as { urls: string[] }
    return urls[0]!
  }

  async startProxy(hostUrl: string): Promise<Variant> {
    const program = this.#startNode('proxy', 'bench/src/baseline-proxy.ts', [hostUrl])
    return { target: { url: await readyUrl(program), wire: openai }, pids: { proxy: program.pid } }
  }

  async startDrover({ redis, hostUrl, slots, guards }: DroverOptions): Promise<Variant> {
    const prefix = `bench-${randomUUID().slice(0, 8)}`
    if (redis.pid === undefined) this.#owned.defer(() => deleteKeys(redis.url, prefix))
    const file = path.join(await this.#folder(), 'drover.yaml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify(droverConfig({ prefix, hostUrl, slots, guards })))
    const env = { DROVER_CONFIG: file, REDIS_URL: redis.url, DROVER_LOG_LEVEL: 'error' }
    // The api last: it is the one with a URL.
    const names = guards ? ['worker', 'guard', 'api'] : ['worker', 'api']
    const programs = names.map(name => [name, this.#startNode(name, `services/${name}/src/main.ts`, [], env)] as const)
    const urls = await Promise.all(programs.map(([, program]) => readyUrl(program)))
    const url = urls.at(-1) ?? ''
    await this.#untilServing(url)
    const pids = Object.fromEntries(programs.map(([name, program]) => [name, program.pid]))
    return { target: { url, wire: openai }, pids: redis.pid === undefined ? pids : { ...pids, redis: redis.pid } }
  }

  #startNode(name: string, script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const file = fileURLToPath(new URL(script, root))
    const all = { ...this.#env, ...env }
    return this.#start({ name, command: process.execPath, args: [file, ...args], env: all, lifeline: 'ipc' })
  }

  #start(spec: ProgramSpec): Program {
    this.signal.throwIfAborted()
    return this.#owned.use(new Program(spec, this.#onDeath))
  }

  async #folder(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'drover-bench-'))
    this.#owned.defer(() => rm(folder, { recursive: true, force: true }))
    return folder
  }

  /** Ready and its host up. Asked again and again, because HTTP has no event for it. */
  async #untilServing(url: string): Promise<void> {
    const until = AbortSignal.any([this.signal, AbortSignal.timeout(readyMaxMs)])
    for (;;) {
      const readiness = await fetch(`${url}/health/readiness`, { signal: until })
      const health = (await (await fetch(`${url}/health`, { signal: until })).json()) as { healthy_count: number }
      if (readiness.status === 200 && health.healthy_count > 0) return
      await sleep(retryMs, undefined, { signal: until })
    }
  }
}

const readyUrl = async (program: Program): Promise<string> =>
  ((await program.firstMessage) as { url?: string }).url ?? ''

const neverSaid = 'a phrase that nobody ever says'

const droverConfig = ({ prefix, hostUrl, slots, guards }: Omit<DroverOptions, 'redis'> & { prefix: string }) => {
  const side = { scanners: ['BanSubstrings'], settings: { BanSubstrings: { substrings: [neverSaid] } } }
  return {
    hosts: [{ id: 'bench', url: hostUrl, slots }],
    server: { port: 0, drainMs: 1_000 },
    redis: { prefix },
    guard: guards ? { input: side, output: side } : { enabled: false },
  }
}

/** A Redis that is not ours is left as it was. */
const deleteKeys = async (url: string, prefix: string): Promise<void> => {
  const redis = createRedis(url, 'worker')
  try {
    await once(redis, 'ready')
    for await (const keys of redis.scanStream({ match: `${prefix}:*`, count: 1_000 }))
      if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]))
  } finally {
    redis.disconnect()
  }
}
