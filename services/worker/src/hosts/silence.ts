import type { Config } from '@drover/shared/config/schema'

/** Aborts when a host has said nothing for too long: before its first word, while it may load a model, and between two. */
export class Silence implements Disposable {
  readonly #controller = new AbortController()
  readonly #idleTimeoutMs: number
  #timer: NodeJS.Timeout
  #begun = false

  constructor({
    firstTokenTimeoutMs,
    idleTimeoutMs,
  }: Pick<Config['upstream'], 'firstTokenTimeoutMs' | 'idleTimeoutMs'>) {
    this.#idleTimeoutMs = idleTimeoutMs
    this.#timer = this.#start(firstTokenTimeoutMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** It said something. After the first word a silence is a stall; before it, a load or a long prompt. */
  broken(): void {
    if (this.#begun) return void this.#timer.refresh()
    this.#begun = true
    clearTimeout(this.#timer)
    this.#timer = this.#start(this.#idleTimeoutMs)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #start(limitMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(), limitMs)
  }
}
