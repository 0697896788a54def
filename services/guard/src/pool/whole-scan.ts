import type { Config } from '@drover/shared/config/schema'
import type { GuardRules, Side } from '@drover/shared/guard-rules'
import type { Verdict } from '@drover/shared/verdict'
import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import type { GuardObserver } from '../reading.ts'
import type { Guards } from '../guards.ts'
import { OutOfTime } from '../scan-context.ts'
import type { PoolAnswer, PoolTask } from './scan-thread.ts'

/**
 * Longer requests are scanned in a thread: at about a megabyte in 100 ms, this much holds up everybody else for 2 ms, and
 * the way to a thread and back costs a tenth of that.
 */
const inlineCharsMax = 20_000

/** A thread that has to be started needs a second, and under load a task waits for one; the scan itself keeps to its budget. */
const graceMs = 10_000

const threadsIdleMs = 30_000

/** Each has words and weights of its own, some 100 MB; one core is left for what streams. */
const threadsMax = Math.min(4, Math.max(1, availableParallelism() - 1))

/** Whole texts, scanned here when that takes no time, else in a thread, which can also be stopped. */
export class WholeScan implements AsyncDisposable {
  readonly #config: Config
  readonly #guards: Guards
  #threads: Piscina<PoolTask, PoolAnswer> | undefined

  constructor(config: Config, guards: Guards) {
    this.#config = config
    this.#guards = guards
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#threads?.destroy()
  }

  rulesFor(model: string, caller: string): GuardRules {
    return this.#guards.rulebook.rulesFor(model, caller)
  }

  /**
   * The verdicts on the texts of one request, in order. Rejects when a scanner failed that must not.
   * @param except scanners that are left out.
   */
  async scan(
    side: Side,
    rules: GuardRules,
    texts: readonly string[],
    observer: GuardObserver,
    except: readonly string[] = [],
  ): Promise<Verdict[]> {
    const index = this.#guards.rulebook.all.indexOf(rules)
    const guard = this.#guards.at(index, side)
    const chars = texts.reduce((sum, text) => sum + text.length, 0)
    if (chars > inlineCharsMax || guard.isThorough)
      return this.#inThread({ side, index, texts, except }, rules, observer)
    const reading = guard.read(observer, except)
    return texts.map(text => reading.scan(text))
  }

  async #inThread(task: PoolTask, rules: GuardRules, observer: GuardObserver): Promise<Verdict[]> {
    const { budgetMs } = this.#config.guard
    this.#threads ??= new Piscina<PoolTask, PoolAnswer>({
      filename: new URL('./scan-thread.ts', import.meta.url).href,
      workerData: this.#config,
      minThreads: 0,
      maxThreads: threadsMax,
      idleTimeout: threadsIdleMs,
    })
    const signal = AbortSignal.timeout(budgetMs + graceMs)
    const answer = await this.#threads.run(task, { signal }).catch((error: unknown): PoolAnswer => {
      const outOfTime = new OutOfTime(`scanning took more than ${budgetMs} ms`)
      const failures = [{ scanner: 'all', error: signal.aborted ? outOfTime : error }]
      if (rules.passage[task.side] === 'enforce') throw failures[0]?.error
      return { failures, verdicts: task.texts.map(text => ({ verdict: 'allow', text, findings: [] })) }
    })
    for (const { scanner, error } of answer.failures) observer.failed(task.side, scanner, error)
    for (const { findings } of answer.verdicts) if (findings.length > 0) observer.found(task.side, findings)
    return [...answer.verdicts]
  }
}
