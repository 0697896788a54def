import type { Config } from '@drover/shared/config/schema'
import type { Side } from '@drover/shared/guard-rules'
import type { Verdict } from '@drover/shared/verdict'
import { workerData } from 'node:worker_threads'
import { Guards } from '../guards.ts'
import { ScanFailed } from '../reading.ts'

/** A thread of `WholeScan`. */

export interface PoolTask {
  readonly side: Side
  /** Of its rules. */
  readonly index: number
  readonly texts: readonly string[]
  readonly except: readonly string[]
}

export interface PoolAnswer {
  /** Names of scanners. */
  readonly failed: readonly string[]
  /** Absent where one of them must not fail. */
  readonly verdicts?: readonly Verdict[]
}

const guards = new Guards(workerData as Pick<Config, 'guard' | 'models'>)

const scanTexts = async ({ side, index, texts, except }: PoolTask): Promise<PoolAnswer> => {
  const failed: string[] = []
  const reading = guards.of({ index }, side).read(
    {
      // Counted by whoever asked.
      found: () => {},
      failed: (_side, scanner) => failed.push(scanner),
    },
    except,
  )
  try {
    const verdicts: Verdict[] = []
    for (const text of texts) verdicts.push(await reading.scanThoroughly(text))
    return { failed, verdicts }
  } catch (error) {
    if (error instanceof ScanFailed) return { failed }
    throw error
  }
}

export default scanTexts
