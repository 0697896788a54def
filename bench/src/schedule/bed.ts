import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConfigInput } from '@drover/shared/config/schema'
import { Processes } from '../processes.ts'
import type { Program } from '../program.ts'
import type { Target } from './client.ts'
import { readJournal, type JournalEntry } from './journal.ts'
import { seededRandom } from '../../../test/support/random.ts'
import { ollama, openai } from './wire.ts'

/** The processes of one show. Every variant has hosts of its own, so that none finds what another left in their memory. */

export interface HostSpec {
  readonly slots: number
  /** Between two tokens, and before the first: an answer of n tokens takes n times as long. */
  readonly tokenMs: number
}

export interface HostsSpec {
  readonly hosts: readonly HostSpec[]
  readonly models: readonly string[]
  readonly loadMs?: number
  /** Absent: room for all, and all in memory from the start. */
  readonly maxLoadedModels?: number
  readonly promptCharMs?: number
}

export interface Hosts {
  readonly spec: HostsSpec
  readonly urls: readonly string[]
  /** What they were asked and how it ended, since they started. */
  journal(): Promise<JournalEntry[]>
  /** Models loaded so far, over all of them. */
  loads(): Promise<number>
}

export interface Drover {
  readonly target: Target
  readonly api: Program
  readonly workers: readonly Program[]
}

export interface DroverSpec {
  readonly name?: string
  readonly hosts: Pick<Hosts, 'urls' | 'spec'>
  readonly queue?: ConfigInput['queue']
  readonly keys?: readonly string[]
  /** When an answer that waits gets its headers. */
  readonly headersAfterMs?: number
  readonly workers?: number
}

const readyMaxMs = 30_000
const retryMs = 50

/** What all hosts together can say. */
export const tokensPerMs = (hosts: readonly HostSpec[]): number =>
  hosts.reduce((sum, { slots, tokenMs }) => sum + slots / tokenMs, 0)

export class Bed implements AsyncDisposable {
  readonly processes: Processes
  #redis: Promise<{ url: string; pid: number }> | undefined

  constructor(env: NodeJS.ProcessEnv, signal: AbortSignal) {
    this.processes = new Processes(env, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.processes[Symbol.asyncDispose]()
  }

  get signal(): AbortSignal {
    return this.processes.signal
  }

  /** One for all that need it; started when first asked for. */
  redis(): Promise<{ url: string; pid: number }> {
    this.#redis ??= this.processes.startRedis()
    return this.#redis
  }

  /** All of them in one process. */
  async startHosts(spec: HostsSpec): Promise<Hosts> {
    const journal = path.join(await this.processes.folder(), 'journal')
    const program = this.processes.startNode('hosts', hostsScript, hostArguments(spec, journal))
    const { urls } = JSON.parse(await program.firstLine) as { urls: string[] }
    if (spec.maxLoadedModels === undefined) await Promise.all(urls.map(url => loadAll(url, spec.models)))
    return {
      spec,
      urls,
      journal: () => readJournal(journal),
      loads: async () => {
        const states = await Promise.all(urls.map(async url => (await fetch(`${url}/_fake/requests`)).json()))
        return (states as { loads: number }[]).reduce((sum, { loads }) => sum + loads, 0)
      },
    }
  }

  /** @param gateways processes side by side, each with what it knows; a request goes to one of them at random. */
  async startPeer(name: string, policy: string, hosts: Hosts, gateways: number): Promise<Target> {
    const urls = await Promise.all(
      Array.from({ length: gateways }, async (_, index) => {
        const args = [policy, String(index + 1), ...hosts.urls]
        return readyUrl(this.processes.startNode(name, 'bench/src/schedule/peers.ts', args))
      }),
    )
    const random = seededRandom(gateways)
    return { name, wire: ollama, route: () => ({ url: urls[Math.floor(random() * urls.length)]! }) }
  }

  async startDrover(spec: DroverSpec): Promise<Drover> {
    const { name = 'drover', hosts, workers: count = 1, keys = [] } = spec
    const env = await this.droverEnv(droverConfig(spec))
    const start = (service: string): Program =>
      this.processes.startNode(service, `services/${service}/src/main.ts`, [], env)
    const workers = Array.from({ length: count }, () => start('worker'))
    await Promise.all(workers.map(worker => worker.firstMessage))
    const api = start('api')
    const url = await readyUrl(api)
    const authorization = keys[0] === undefined ? {} : { authorization: `Bearer ${keys[0]}` }
    await untilServing(url, hosts.urls.length, authorization, this.signal)
    return { target: { name, wire: openai, headers: authorization, route: () => ({ url }) }, api, workers }
  }

  /** What a service's process is started with: its configuration in a file, and the Redis of this bed. */
  async droverEnv(config: ConfigInput): Promise<NodeJS.ProcessEnv> {
    const file = path.join(await this.processes.folder(), 'drover.yaml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify(config))
    return { DROVER_CONFIG: file, REDIS_URL: (await this.redis()).url, DROVER_LOG_LEVEL: 'error' }
  }
}

export const hostsScript = 'test/fakes/ollama/main.ts'

/** Where there is room for all models, a show is not about loading them. */
export const loadAll = async (url: string, models: readonly string[]): Promise<void> => {
  for (const model of models) {
    const body = JSON.stringify({ model, keep_alive: -1 })
    await (await fetch(`${url}/api/chat`, { method: 'POST', body })).text()
  }
}

export const hostArguments = (spec: HostsSpec, journal: string, ports = spec.hosts.map(() => 0)): string[] => {
  const { hosts, models, loadMs = 0, maxLoadedModels = models.length, promptCharMs = 0 } = spec
  const tokenMs = hosts.map(host => host.tokenMs).join(',')
  const given: Record<string, string | number> = {
    port: ports.join(','),
    parallel: hosts.map(({ slots }) => slots).join(','),
    'token-ms': tokenMs,
    'first-token-ms': tokenMs,
    'load-ms': loadMs,
    'max-loaded-models': maxLoadedModels,
    'prompt-char-ms': promptCharMs,
    journal,
  }
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)])
  return [...args, ...models.flatMap(model => ['--model', model])]
}

export const droverConfig = ({ hosts, queue, keys = [], headersAfterMs }: DroverSpec): ConfigInput => ({
  hosts: hosts.urls.map((url, index) => ({ id: `host-${index}`, url, slots: hosts.spec.hosts[index]!.slots })),
  ...(queue !== undefined && { queue }),
  server: { port: 0, drainMs: 1_000, keys: [...keys], ...(headersAfterMs !== undefined && { headersAfterMs }) },
  redis: { prefix: `bench-${randomUUID().slice(0, 8)}` },
  guard: { enabled: false },
})

export const readyUrl = async (program: Program): Promise<string> =>
  ((await program.firstMessage) as { url?: string }).url ?? ''

/** Every host is up. Asked again and again, because HTTP has no event for it. */
export const untilServing = async (
  url: string,
  hosts: number,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<void> => {
  const until = AbortSignal.any([signal, AbortSignal.timeout(readyMaxMs)])
  for (;;) {
    const health = await fetch(`${url}/health`, { signal: until, headers })
    const { healthy_count: healthy } = (await health.json()) as { healthy_count: number }
    if (healthy >= hosts) return
    await sleep(retryMs, undefined, { signal: until })
  }
}
