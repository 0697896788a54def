/** Counted permits, first come first served. A permit is owned: dispose it, once. */
export class Semaphore {
  #free: number
  readonly #waiters = new Set<() => void>()

  constructor(permits: number) {
    this.#free = permits
  }

  get free(): number {
    return this.#free
  }

  get waiting(): number {
    return this.#waiters.size
  }

  /** Throws the signal's reason when it aborts first. */
  async acquire(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free--
    else await this.#turn(signal)
    return { [Symbol.dispose]: () => this.#release() }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = (): void => {
      // A permit already handed over stays with this caller, who then gives it back.
      if (this.#waiters.delete(resolve)) reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#waiters.add(resolve)
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  #release(): void {
    const [next] = this.#waiters
    if (next === undefined) this.#free++
    else {
      this.#waiters.delete(next)
      next()
    }
  }
}
