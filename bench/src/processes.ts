import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findRedisBinary } from '../../cli/src/redis/binary.ts'
import { privateRedis } from '../../cli/src/redis/private-server.ts'
import { Program, type ProgramSpec } from './program.ts'
import { model } from './wire.ts'

const root = new URL('../../', import.meta.url)
const runMaxMs = 30 * 60_000
const readyMaxMs = 20_000

/** What a run has started: stopped in reverse order, and the death of one ends the run. */
export class Processes implements AsyncDisposable {
  /** Aborts when a process dies, when the run takes too long, and when the caller's signal does. */
  readonly signal: AbortSignal
  readonly #env: NodeJS.ProcessEnv
  readonly #death = new AbortController()
  readonly #owned = new AsyncDisposableStack()

  constructor(env: NodeJS.ProcessEnv, signal: AbortSignal) {
    this.#env = env
    this.signal = AbortSignal.any([signal, this.#death.signal, AbortSignal.timeout(runMaxMs)])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync()
  }

  /** With the settings of the one that `npm start` starts. */
  async startRedis(): Promise<{ url: string; pid: number }> {
    const binary = await findRedisBinary(this.#env['PATH'] ?? '')
    if (binary === undefined) throw new Error('no redis-server or valkey-server on PATH')
    const result = await privateRedis(binary, await this.folder(), this.#env)
    const child = result.ok ? result.rung.child : undefined
    if (!result.ok || child === undefined) throw new Error(`no Redis: ${result.ok ? 'no process' : result.reason}`)
    const program = this.#start({ ...child, env: this.#env })
    if (typeof child.ready === 'function')
      await child.ready(program.pid, AbortSignal.any([this.signal, AbortSignal.timeout(readyMaxMs)]))
    return { url: result.rung.url, pid: program.pid }
  }

  /** Resolves to the URL of a stand-in host that answers at once. */
  async startHost(slots: number): Promise<string> {
    const args = ['--port', '0', '--model', model, '--parallel', String(slots)]
    const program = this.startNode('host', 'test/fakes/ollama/main.ts', args)
    const { urls } = JSON.parse(await program.firstLine) as { urls: string[] }
    return urls[0]!
  }

  /** @param script from the root of the repository. */
  startNode(name: string, script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const file = fileURLToPath(new URL(script, root))
    const all = { ...this.#env, ...env }
    return this.#start({ name, command: process.execPath, args: [file, ...args], env: all, lifeline: 'ipc' })
  }

  /** Gone when the run ends. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'drover-bench-'))
    this.#owned.defer(() => rm(folder, { recursive: true, force: true }))
    return folder
  }

  #start(spec: ProgramSpec): Program {
    this.signal.throwIfAborted()
    return this.#owned.use(new Program(spec, error => this.#death.abort(error)))
  }
}
