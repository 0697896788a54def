import { setTimeout as delay } from 'node:timers/promises'
import { type CacheSlot, KvCache } from './kv-cache.ts'
import { Semaphore } from './semaphore.ts'

/**
 * Ollama's scheduler: which models are loaded, and who runs on them.
 *
 * - A request for a loaded model goes straight to that model's slots and waits there, first come first served, without a bound.
 * - A request that needs a load joins one queue for the whole host; beyond `maxQueue` it is refused. One load at a time.
 * - A load that finds no room evicts a model: an idle one, else it waits for the work of one. As in Ollama, new requests for that model
 *   still get in while the other waits, so a steady stream of them holds the swap up.
 * - A request with other launch settings than the loaded ones forces a reload.
 * - What the slots of a model remember of their last prompts goes with the model.
 */

export interface SchedulerOptions {
  /** Of each model; there is no bound over all of them. */
  readonly parallel: number
  readonly maxQueue: number
  readonly maxLoadedModels: number
  readonly loadMs: number
  /** After every change of what is loaded or running. */
  readonly onChange: () => void
}

export interface Need {
  readonly model: string
  /** Models of the same weights are loaded as one. */
  readonly weights: string
  readonly contextLength: number
  /** Whatever else a runner is started with. */
  readonly launch: string
  /** How long the model stays after this request; absent: what the last one said. */
  readonly keepAliveMs: number | undefined
}

export interface LoadedModel {
  readonly name: string
  readonly contextLength: number
  readonly expiresAtMs: number
}

/** Holds a model in memory until it is disposed. */
export interface Hold extends Disposable {
  /** @param prompt what will be read there; without one, the slot's memory stays as it is. */
  slot(signal: AbortSignal, prompt?: string): Promise<Slot>
}

export type Slot = CacheSlot

interface Runner extends Pick<Need, 'weights' | 'contextLength' | 'launch'> {
  readonly name: string
  readonly slots: Semaphore
  readonly cache: KvCache
  /** False when the load was aborted. */
  readonly ready: Promise<boolean>
  readonly gone: PromiseWithResolvers<void>
  holds: number
  keepAliveMs: number
  /** Unix milliseconds; undefined while it may stay. */
  evictedAtMs: number | undefined
  expiry: NodeJS.Timeout | undefined
}

const defaultKeepAliveMs = 5 * 60_000
const timerMsMax = 2 ** 31 - 1

const unlessAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort))
}

export class Scheduler implements Disposable {
  readonly #options: SchedulerOptions
  readonly #runners = new Map<string, Runner>()
  readonly #loader = new Semaphore(1)
  running = 0
  runningMax = 0
  loads = 0
  readonly #runningOf = new Map<string, { now: number; max: number }>()

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  /** 'busy': too many requests already wait for a load. Throws the signal's reason when it aborts. */
  async hold(need: Need, signal: AbortSignal): Promise<Hold | 'busy'> {
    for (;;) {
      const usable = this.#usable(need)
      if (usable !== undefined) {
        using cleanup = new DisposableStack()
        const hold = cleanup.use(this.#hold(usable, need))
        if (!(await unlessAborted(usable.ready, signal))) continue
        cleanup.move()
        return hold
      }
      if (this.#loader.free === 0 && this.#loader.waiting >= this.#options.maxQueue) return 'busy'
      using _turn = await this.#loader.acquire(signal)
      if (this.#usable(need) !== undefined) continue
      await this.#makeRoom(need, signal)
      return await this.#load(need, signal)
    }
  }

  /** What `keep_alive: 0` without messages asks for: away as soon as nobody uses it. */
  unload(weights: string): void {
    const runner = this.#runners.get(weights)
    if (runner !== undefined) this.#evict(runner)
  }

  /** The most requests of one model that ran at once, over all its loads. */
  runningMaxOf(weights: string): number {
    return this.#runningOf.get(weights)?.max ?? 0
  }

  /** Longest life first, as /api/ps lists them. */
  loaded(): LoadedModel[] {
    const now = Date.now()
    return [...this.#runners.values()]
      .map(runner => ({
        name: runner.name,
        contextLength: runner.contextLength,
        // "For ever" has to be a date that every client's parser takes.
        expiresAtMs: runner.evictedAtMs ?? Math.min(now + runner.keepAliveMs, Date.UTC(2318, 0)),
      }))
      .sort((a, b) => b.expiresAtMs - a.expiresAtMs)
  }

  [Symbol.dispose](): void {
    for (const runner of this.#runners.values()) clearTimeout(runner.expiry)
    this.#runners.clear()
  }

  #usable(need: Need): Runner | undefined {
    const runner = this.#runners.get(need.weights)
    return runner?.contextLength === need.contextLength && runner.launch === need.launch ? runner : undefined
  }

  async #makeRoom(need: Need, signal: AbortSignal): Promise<void> {
    for (;;) {
      const sameModel = this.#runners.get(need.weights)
      const full = this.#runners.size >= this.#options.maxLoadedModels
      const victim = sameModel ?? (full ? this.#victim() : undefined)
      if (victim === undefined) return
      this.#evict(victim)
      await unlessAborted(victim.gone.promise, signal)
    }
  }

  #victim(): Runner | undefined {
    const byLife = [...this.#runners.values()].sort((a, b) => a.keepAliveMs - b.keepAliveMs)
    return byLife.find(runner => runner.holds === 0) ?? byLife[0]
  }

  /** Loads for whoever asked first: when that client leaves, the load is aborted and the others ask again. */
  async #load(need: Need, signal: AbortSignal): Promise<Hold> {
    const ready = Promise.withResolvers<boolean>()
    const runner: Runner = {
      name: need.model,
      weights: need.weights,
      contextLength: need.contextLength,
      launch: need.launch,
      slots: new Semaphore(this.#options.parallel),
      cache: new KvCache(this.#options.parallel),
      ready: ready.promise,
      gone: Promise.withResolvers(),
      holds: 0,
      keepAliveMs: defaultKeepAliveMs,
      evictedAtMs: undefined,
      expiry: undefined,
    }
    this.#runners.set(need.weights, runner)
    const hold = this.#hold(runner, need)
    this.#options.onChange()
    try {
      if (this.#options.loadMs > 0) await delay(this.#options.loadMs, undefined, { signal })
    } catch (error) {
      this.#remove(runner)
      ready.resolve(false)
      throw error
    }
    this.loads++
    ready.resolve(true)
    this.#options.onChange()
    return hold
  }

  #hold(runner: Runner, need: Need): Hold {
    runner.holds++
    clearTimeout(runner.expiry)
    runner.keepAliveMs = need.keepAliveMs ?? runner.keepAliveMs
    return {
      slot: (signal, prompt) => this.#slot(runner, signal, prompt),
      [Symbol.dispose]: () => {
        if (--runner.holds === 0) this.#idle(runner)
      },
    }
  }

  async #slot(runner: Runner, signal: AbortSignal, prompt: string | undefined): Promise<Slot> {
    const permit = await runner.slots.acquire(signal)
    const cached = prompt === undefined ? undefined : runner.cache.take(prompt)
    this.#count(runner, 1)
    return {
      cachedChars: cached?.cachedChars ?? 0,
      remember: text => cached?.remember(text),
      [Symbol.dispose]: () => {
        cached?.[Symbol.dispose]()
        permit[Symbol.dispose]()
        this.#count(runner, -1)
      },
    }
  }

  #count(runner: Runner, change: 1 | -1): void {
    const own = this.#runningOf.get(runner.weights) ?? { now: 0, max: 0 }
    this.#runningOf.set(runner.weights, own)
    own.now += change
    own.max = Math.max(own.max, own.now)
    this.running += change
    this.runningMax = Math.max(this.runningMax, this.running)
    this.#options.onChange()
  }

  #idle(runner: Runner): void {
    // Its load was aborted, or the host is closed: no timer may outlive it.
    if (this.#runners.get(runner.weights) !== runner) return
    if (runner.evictedAtMs !== undefined || runner.keepAliveMs === 0) this.#remove(runner)
    else if (runner.keepAliveMs <= timerMsMax)
      runner.expiry = setTimeout(() => this.#remove(runner), runner.keepAliveMs)
  }

  #evict(runner: Runner): void {
    runner.evictedAtMs ??= Date.now()
    if (runner.holds === 0) this.#remove(runner)
  }

  #remove(runner: Runner): void {
    clearTimeout(runner.expiry)
    if (this.#runners.get(runner.weights) === runner) this.#runners.delete(runner.weights)
    runner.gone.resolve()
    this.#options.onChange()
  }
}
