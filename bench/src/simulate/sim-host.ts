import { Fifo } from './fifo.ts'
import type { SimJob } from './workload.ts'

export interface HostSpec {
  readonly id: string
  /** 2 is twice as fast as 1. */
  readonly speed: number
  /** Requests of one model at once. */
  readonly slots: number
  /** Models that fit in its memory at once. */
  readonly memory: number
  readonly loadMs: number
}

/** At speed 1: with 100 tokens, a job takes 4.16 s. */
const firstTokenMs = 200
const tokenMs = 40
export const meanTokens = 100

export const firstTokenMsOf = ({ speed }: HostSpec): number => firstTokenMs / speed
export const tokenMsOf = ({ speed }: HostSpec): number => tokenMs / speed
export const serviceMsOf = (spec: HostSpec, tokens: number): number =>
  firstTokenMsOf(spec) + (tokens - 1) * tokenMsOf(spec)

interface Runner {
  isLoading: boolean
  running: number
  readonly queue: Fifo<SimJob>
  usedAtMs: number
}

interface Clock {
  readonly nowMs: number
  after(delayMs: number, run: () => void): void
}

/**
 * An Ollama host: a model that is loaded runs `slots` requests and queues the rest; one that is not waits until enough
 * others have nothing to do, the one unused for longest first, and requests for it wait in one line.
 */
export class SimHost {
  readonly spec: HostSpec
  loads = 0
  /** Running and waiting here. */
  open = 0
  readonly #clock: Clock
  readonly #listener: { ended: (host: SimHost, job: SimJob) => void; loaded: (host: SimHost) => void }
  readonly #runners = new Map<string, Runner>()
  readonly #pending = new Fifo<SimJob>()

  constructor(
    spec: HostSpec,
    clock: Clock,
    listener: { ended: (host: SimHost, job: SimJob) => void; loaded: (host: SimHost) => void },
  ) {
    this.spec = spec
    this.#clock = clock
    this.#listener = listener
  }

  isLoaded(model: string): boolean {
    return this.#runners.has(model)
  }

  /** Without counting it as a load. */
  preload(model: string): void {
    this.#runners.set(model, { isLoading: false, running: 0, queue: new Fifo(), usedAtMs: 0 })
  }

  submit(job: SimJob): void {
    this.open += 1
    const runner = this.#runners.get(job.model)
    if (runner !== undefined) {
      runner.queue.push(job)
      this.#start(runner)
    } else {
      this.#pending.push(job)
      this.#load()
    }
  }

  #start(runner: Runner): void {
    while (!runner.isLoading && runner.running < this.spec.slots && runner.queue.size > 0) {
      const job = runner.queue.shift()!
      job.startedMs = this.#clock.nowMs
      runner.running += 1
      this.#clock.after(serviceMsOf(this.spec, job.tokens), () => this.#end(runner, job))
    }
  }

  #end(runner: Runner, job: SimJob): void {
    job.endedMs = this.#clock.nowMs
    this.open -= 1
    runner.running -= 1
    runner.usedAtMs = this.#clock.nowMs
    this.#start(runner)
    this.#load()
    this.#listener.ended(this, job)
  }

  #load(): void {
    for (let job = this.#pending.first; job !== undefined; job = this.#pending.first) {
      let runner = this.#runners.get(job.model)
      if (runner === undefined) {
        if (!this.#makeRoom()) return
        runner = this.#begin(job.model)
      }
      this.#pending.shift()
      runner.queue.push(job)
      this.#start(runner)
    }
  }

  #begin(model: string): Runner {
    const runner: Runner = { isLoading: true, running: 0, queue: new Fifo(), usedAtMs: this.#clock.nowMs }
    this.#runners.set(model, runner)
    this.loads += 1
    this.#clock.after(this.spec.loadMs, () => {
      runner.isLoading = false
      this.#start(runner)
      this.#listener.loaded(this)
    })
    return runner
  }

  #makeRoom(): boolean {
    if (this.#runners.size < this.spec.memory) return true
    let idle: string | undefined
    for (const [model, { isLoading, running, queue, usedAtMs }] of this.#runners)
      if (!isLoading && running === 0 && queue.size === 0 && usedAtMs < (this.#usedAt(idle) ?? Infinity)) idle = model
    return idle !== undefined && this.#runners.delete(idle)
  }

  #usedAt(model: string | undefined): number | undefined {
    return model === undefined ? undefined : this.#runners.get(model)?.usedAtMs
  }
}
