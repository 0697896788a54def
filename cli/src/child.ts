import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

import { exitUnstartable } from '@drover/shared/lifecycle'

import { nextDelayMs } from './backoff.ts'
import { readableLog } from './readable-log.ts'

/** Deaths before it was ever ready, after which it is given up. */
const STARTS_MAX = 3
const TAIL_LINES = 20

export interface ChildSpec {
  name: string
  command: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  cwd?: string
  /** How it learns that we are gone: its IPC channel closes, or its standard input ends. */
  lifeline: 'ipc' | 'stdin'
  /** What says that it is ready: an IPC message `{ready: true, url?, adminUrl?}`, its first line of output, or this promise. */
  ready: 'message' | 'line' | ((pid: number, signal: AbortSignal) => Promise<void>)
  /** `on-failure`: what it prints is kept, and shown if it dies. */
  output: 'shown' | 'on-failure'
}

export interface Ready {
  url?: string
  adminUrl?: string
}

export interface ChildEvents {
  /** A line of its output, or about it. */
  line(name: string, text: string): void
  /** It cannot be started, and will not be tried again. */
  failed(reason: string): void
}

interface Exit {
  code: number | null
  /** For people: "exited with code 1". */
  text: string
}

/** A process that is kept running: started again, with back-off, whenever it dies, until it is stopped. */
export class Child {
  readonly #spec: ChildSpec
  readonly #events: ChildEvents
  readonly #ready = Promise.withResolvers<Ready>()
  readonly #stopping = new AbortController()
  readonly #life: Promise<void>
  #process: ChildProcess | undefined
  #wasReady = false
  #tail: string[] = []

  constructor(spec: ChildSpec, events: ChildEvents) {
    this.#spec = spec
    this.#events = events
    this.#ready.promise.catch(() => {})
    this.#life = this.#live()
  }

  /** The first time it was ready. Rejects if it is stopped or given up before. */
  get ready(): Promise<Ready> {
    return this.#ready.promise
  }

  /** SIGTERM and the end of its lifeline; SIGKILL to all it started when that takes longer than `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    this.#leave()
    this.#process?.kill('SIGTERM')
    // A process that has done its work must not be kept alive by a channel that it still listens to.
    if (this.#process?.connected) this.#process.disconnect()
    const timer = setTimeout(() => this.#killGroup(), timeoutMs)
    await this.#life
    clearTimeout(timer)
  }

  kill(): void {
    this.#leave()
    this.#killGroup()
  }

  #leave(): void {
    this.#stopping.abort()
    this.#ready.reject(new Error(`${this.#spec.name} was stopped before it was ready`))
  }

  async #live(): Promise<void> {
    const { name } = this.#spec
    let delayMs: number | undefined
    for (let starts = 1; !this.#stopping.signal.aborted; starts += 1) {
      const startedMs = performance.now()
      const exit = await this.#runOnce()
      if (this.#stopping.signal.aborted) return
      if (this.#spec.output === 'on-failure') for (const line of this.#tail) this.#events.line(name, line)
      if (!this.#wasReady && (exit.code === exitUnstartable || starts >= STARTS_MAX)) return this.#giveUp(exit)
      delayMs = nextDelayMs(delayMs, performance.now() - startedMs)
      this.#events.line(name, `${exit.text}; starting it again in ${delayMs} ms`)
      await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => {})
    }
  }

  #giveUp(exit: Exit): void {
    const why = exit.code === exitUnstartable ? this.#tail.at(-1) : undefined
    const reason = `${this.#spec.name} cannot start (${exit.text})${why === undefined ? '' : `: ${readableLog(why)}`}`
    this.#ready.reject(new Error(reason))
    this.#events.failed(reason)
  }

  async #runOnce(): Promise<Exit> {
    const { command, args, env, cwd, lifeline, ready } = this.#spec
    const stdio: StdioOptions = lifeline === 'ipc' ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['pipe', 'pipe', 'pipe']
    // A process group of its own: Ctrl-C in the terminal reaches only us, and the group can be killed as one.
    const child = spawn(command, args, { env, cwd, stdio, detached: true })
    const gone = new AbortController()
    this.#process = child
    this.#tail = []
    this.#readLines(child)
    if (ready === 'message') child.on('message', message => isReady(message) && this.#becomeReady(message))
    if (typeof ready === 'function' && child.pid !== undefined) {
      ready(child.pid, AbortSignal.any([gone.signal, this.#stopping.signal])).then(
        () => this.#becomeReady({}),
        () => {},
      )
    }
    const exit = await exitOf(child, () => this.#killGroup())
    gone.abort()
    this.#process = undefined
    return exit
  }

  #readLines(child: ChildProcess): void {
    for (const input of [child.stdout, child.stderr]) {
      if (input === null) continue
      createInterface({ input, crlfDelay: Infinity }).on('line', line => {
        this.#tail = [...this.#tail.slice(1 - TAIL_LINES), line]
        if (this.#spec.output === 'shown') this.#events.line(this.#spec.name, line)
        if (this.#spec.ready === 'line') this.#becomeReady({})
      })
    }
  }

  #becomeReady(ready: Ready): void {
    this.#wasReady = true
    this.#ready.resolve(ready)
  }

  #killGroup(): void {
    const pid = this.#process?.pid
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // Nothing of the group is left.
    }
  }
}

const isReady = (message: unknown): message is Ready =>
  typeof message === 'object' && message !== null && 'ready' in message && message.ready === true

/**
 * Resolves when the process has ended and all it printed has been read. Node's own `close` event does not come after
 * we disconnected the IPC channel.
 * @param onExit called while the dead process's group still exists, to take along what it left behind.
 */
const exitOf = (child: ChildProcess, onExit: () => void): Promise<Exit> =>
  new Promise(resolve => {
    child.on('error', error => {
      if (child.pid === undefined) resolve({ code: exitUnstartable, text: error.message })
    })
    const read = [child.stdout, child.stderr].flatMap(stream => (stream === null ? [] : [once(stream, 'close')]))
    child.once('exit', (code, signal) => {
      onExit()
      const exit = { code, text: signal === null ? `exited with code ${code}` : `was killed by ${signal}` }
      void Promise.allSettled(read).then(() => resolve(exit))
    })
  })
