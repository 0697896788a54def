import { Child, type ChildSpec, type Ready } from './child.ts'

export type Ending = { why: 'asked' } | { why: 'failed'; reason: string }

/**
 * Keeps a set of processes running and ends them in order. No process outlives it: each has a lifeline to it
 * (`ChildSpec.lifeline`), which the kernel cuts even when the supervisor is killed.
 */
export class Supervisor {
  readonly #groups: Child[][] = []
  readonly #line: (name: string, text: string) => void
  readonly #stopTimeoutMs: number
  readonly #leaving = new AbortController()
  readonly #ended = Promise.withResolvers<Ending>()

  /** @param stopTimeoutMs how long a child may take to end after SIGTERM. */
  constructor(options: { line: (name: string, text: string) => void; stopTimeoutMs: number }) {
    this.#line = options.line
    this.#stopTimeoutMs = options.stopTimeoutMs
  }

  /** Aborted as soon as it begins to stop. */
  get leaving(): AbortSignal {
    return this.#leaving.signal
  }

  /** Settles when every child has ended. */
  get ended(): Promise<Ending> {
    return this.#ended.promise
  }

  /** Starts a group; groups are stopped in the reverse order of their start. Rejects if it stops before all are ready. */
  start(...specs: ChildSpec[]): Promise<Ready[]> {
    this.leaving.throwIfAborted()
    const failed = (reason: string): void => void this.stop({ why: 'failed', reason })
    const group = specs.map(spec => new Child(spec, { line: this.#line, failed }))
    this.#groups.push(group)
    return Promise.all(group.map(child => child.ready))
  }

  stop(ending: Ending = { why: 'asked' }): Promise<Ending> {
    if (!this.leaving.aborted) {
      this.#leaving.abort()
      void this.#stopGroups().then(() => this.#ended.resolve(ending))
    }
    return this.ended
  }

  kill(): void {
    void this.stop()
    for (const child of this.#groups.flat()) child.kill()
  }

  async #stopGroups(): Promise<void> {
    for (const group of this.#groups.toReversed()) {
      await Promise.all(group.map(child => child.stop(this.#stopTimeoutMs)))
    }
  }
}
