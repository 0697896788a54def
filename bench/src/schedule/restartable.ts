import { setTimeout as sleep } from 'node:timers/promises'
import type { Program } from '../program.ts'

/** A process that is killed and comes back. */
export class Restartable implements AsyncDisposable {
  readonly name: string
  readonly #start: () => Program
  #program: Program
  #killing = false

  /** @param start its argument is called when the process ends; a death that was not ours ends the run. */
  constructor(
    name: string,
    start: (onDeath: (error: Error) => void) => Program,
    onUnexpectedDeath: (error: Error) => void,
  ) {
    this.name = name
    this.#start = () =>
      start(error => {
        if (!this.#killing) onUnexpectedDeath(error)
      })
    this.#program = this.#start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#killing = true
    await this.#program[Symbol.asyncDispose]()
  }

  get program(): Program {
    return this.#program
  }

  /** kill -9, and `awayMs` later a new one. Resolves when that has been started. */
  async kill(awayMs: number, signal: AbortSignal): Promise<void> {
    this.#killing = true
    process.kill(this.#program.pid, 'SIGKILL')
    await this.#program[Symbol.asyncDispose]()
    await sleep(awayMs, undefined, { signal })
    this.#killing = false
    this.#program = this.#start()
  }
}
