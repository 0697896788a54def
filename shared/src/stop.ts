/**
 * One signal for several reasons to stop, owned by the work it stops: disposed with it, so that no timer and no
 * listener outlives the work. `AbortSignal.timeout` and `AbortSignal.any` do: with a deadline of ten minutes they keep
 * some kilobytes of every finished request for ten minutes.
 */
export class Stop<Reason extends string> implements Disposable {
  readonly #controller = new AbortController()
  readonly #release: (() => void)[] = []

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Why it stopped; the first reason counts. */
  get reason(): Reason | undefined {
    return this.signal.aborted ? (this.signal.reason as Reason) : undefined
  }

  now(reason: Reason): void {
    // With a reason of its own: the default one is an exception with a stack.
    if (!this.signal.aborted) this.#controller.abort(reason)
  }

  /** Not before `delayMs`; a time that has passed is now. */
  after(delayMs: number, reason: Reason): this {
    const timer = setTimeout(() => this.now(reason), Math.max(0, delayMs))
    this.#release.push(() => clearTimeout(timer))
    return this
  }

  /** When `signal` aborts. */
  on(signal: AbortSignal, reason: Reason): this {
    const stop = (): void => this.now(reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
    this.#release.push(() => signal.removeEventListener('abort', stop))
    return this
  }

  [Symbol.dispose](): void {
    for (const release of this.#release.splice(0)) release()
  }
}
