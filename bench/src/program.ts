import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ProgramSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string
  /** How it learns that we are gone, even by kill -9: its IPC channel closes, or its standard input ends. */
  readonly lifeline: 'ipc' | 'stdin'
}

const stopTimeoutMs = 5_000
const tailLines = 20

/** One process of a measurement, until disposed. It is never restarted: its death makes the whole run worthless. */
export class Program implements AsyncDisposable {
  readonly pid: number
  /** What it says first: an IPC message, or a line of output. Rejects when it dies before. */
  readonly firstMessage: Promise<unknown>
  readonly firstLine: Promise<string>
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  #stopping = false
  #tail: string[] = []

  /** @param onDeath called when it ends before it is disposed. */
  constructor(spec: ProgramSpec, onDeath: (error: Error) => void) {
    const stdio: StdioOptions = spec.lifeline === 'ipc' ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['pipe', 'pipe', 'pipe']
    // A process group of its own: Ctrl-C in the terminal reaches only us, and the group can be killed as one.
    const child = spawn(spec.command, spec.args, { env: spec.env, cwd: spec.cwd, stdio, detached: true })
    const message = Promise.withResolvers<unknown>()
    const line = Promise.withResolvers<string>()
    const exited = Promise.withResolvers<void>()
    const leave = (how: string): void => {
      const error = new Error([`${spec.name} ${how}`, ...this.#tail].join('\n'))
      message.reject(error)
      line.reject(error)
      exited.resolve()
      if (!this.#stopping) onDeath(error)
    }
    for (const promise of [message.promise, line.promise]) promise.catch(() => {})
    child.once('message', message.resolve)
    child.once('error', error => child.pid === undefined && leave(`cannot start: ${error.message}`))
    child.once('exit', (code, signal) =>
      leave(signal === null ? `exited with code ${code}` : `was killed by ${signal}`),
    )
    this.#readLines(child, line.resolve)
    this.#child = child
    this.pid = child.pid ?? 0
    this.firstMessage = message.promise
    this.firstLine = line.promise
    this.#exited = exited.promise
  }

  /** SIGTERM and the end of its lifeline; SIGKILL to all it started when that takes longer than five seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    this.#child.kill('SIGTERM')
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#killGroup(), stopTimeoutMs)
    await this.#exited
    clearTimeout(timer)
    this.#killGroup()
  }

  #readLines(child: ChildProcess, first: (line: string) => void): void {
    for (const input of [child.stdout, child.stderr]) {
      if (input === null) continue
      createInterface({ input }).on('line', line => {
        this.#tail = [...this.#tail.slice(1 - tailLines), line.slice(0, 500)]
        if (input === child.stdout) first(line)
      })
    }
  }

  #killGroup(): void {
    if (this.pid === 0) return
    try {
      process.kill(-this.pid, 'SIGKILL')
    } catch {
      // Nothing of the group is left.
    }
  }
}
