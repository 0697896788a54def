import type { Config } from '@drover/shared/config/schema'
import type { Side } from '@drover/shared/guard-rules'
import type { Verdict } from '@drover/shared/verdict'
import { workerData } from 'node:worker_threads'
import type { GuardObserver } from '../reading.ts'
import { Guards } from '../guards.ts'

/** A thread of `WholeScan`. */

export interface PoolTask {
  readonly side: Side
  /** Which rules (`Guards.indexFor`). */
  readonly index: number
  readonly texts: readonly string[]
  readonly except: readonly string[]
}

export interface PoolAnswer {
  readonly verdicts: readonly Verdict[]
  /** Of scanners that may fail. */
  readonly failures: readonly { readonly scanner: string; readonly error: unknown }[]
}

const guards = new Guards(workerData as Config)

const scanTexts = async ({ side, index, texts, except }: PoolTask): Promise<PoolAnswer> => {
  const failures: PoolAnswer['failures'][number][] = []
  const observer: GuardObserver = {
    // Counted by whoever asked.
    found: () => {},
    failed: (_side, scanner, error) => failures.push({ scanner, error }),
  }
  const reading = guards.at(index, side).read(observer, except)
  const verdicts: Verdict[] = []
  for (const text of texts) verdicts.push(await reading.scanThoroughly(text))
  return { verdicts, failures }
}

export default scanTexts
