import type { Config } from '@drover/shared/config/schema'
import type { GuardRules, Side } from '@drover/shared/guard-rules'
import type { Verdict } from '@drover/shared/verdict'
import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import type { Guards } from '../guards.ts'
import { ScanFailed, type GuardObserver } from '../reading.ts'
import type { PoolAnswer, PoolTask } from './scan-thread.ts'

/** Longer requests are scanned in a thread: with all scanners for prompts, this much holds up everybody else for 5 ms. */
const inlineCharsMax = 10_000

/** A thread that has to be started needs a second, and under load a task waits for one; the scan itself keeps to its budget. */
const graceMs = 10_000

const threadsIdleMs = 30_000

/** Each has words and weights of its own, some 100 MB; one core is left for what streams. */
const threadsMax = Math.min(4, Math.max(1, availableParallelism() - 1))

export interface WholeScanOptions {
  readonly config: Config
  readonly guards: Guards
  /** Ends what runs in threads: another process is to scan it. */
  readonly interrupt: AbortSignal
}

/** Whole texts, scanned here when that takes no time, else in a thread, which can also be stopped. */
export class WholeScan implements AsyncDisposable {
  readonly #options: WholeScanOptions
  #threads: Piscina<PoolTask, PoolAnswer> | undefined

  constructor(options: WholeScanOptions) {
    this.#options = options
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads?.destroy()
  }

  rulesFor(model: string, caller: string): GuardRules {
    return this.#options.guards.rulebook.rulesFor(model, caller)
  }

  /**
   * The verdicts on the texts of one request, in order. Rejects with `ScanFailed`, and with anything when it was
   * interrupted.
   * @param except scanners that are left out.
   */
  async scan(
    side: Side,
    rules: GuardRules,
    texts: readonly string[],
    observer: GuardObserver,
    except: readonly string[] = [],
  ): Promise<Verdict[]> {
    const guard = this.#options.guards.of(rules, side)
    const chars = texts.reduce((sum, text) => sum + text.length, 0)
    if (chars > inlineCharsMax || guard.isThorough)
      return this.#inThread({ side, index: rules.index, texts, except }, rules, observer)
    const reading = guard.read(observer, except)
    return texts.map(text => reading.scan(text))
  }

  async #inThread(task: PoolTask, rules: GuardRules, observer: GuardObserver): Promise<Verdict[]> {
    const { side, texts } = task
    const { failed, verdicts } = await this.#run(task)
    for (const scanner of failed) observer.failed(side, scanner, new ScanFailed(scanner))
    if (verdicts === undefined && rules.passage[side] === 'enforce') throw new ScanFailed(failed.join(', '))
    const told = verdicts ?? texts.map(text => ({ verdict: 'allow' as const, text, findings: [] }))
    for (const { findings } of told) if (findings.length > 0) observer.found(side, findings)
    return [...told]
  }

  async #run(task: PoolTask): Promise<PoolAnswer> {
    const { config, interrupt } = this.#options
    this.#threads ??= new Piscina<PoolTask, PoolAnswer>({
      filename: new URL('./scan-thread.ts', import.meta.url).href,
      workerData: { guard: config.guard, models: config.models },
      minThreads: 0,
      maxThreads: threadsMax,
      idleTimeout: threadsIdleMs,
    })
    const late = AbortSignal.timeout(config.guard.budgetMs + graceMs)
    try {
      return await this.#threads.run(task, { signal: AbortSignal.any([late, interrupt]) })
    } catch (error) {
      // Whichever scanner it was, it did not come back; a thread that died of anything else has failed as a whole, too.
      if (interrupt.aborted) throw error
      return { failed: ['all'] }
    }
  }
}
