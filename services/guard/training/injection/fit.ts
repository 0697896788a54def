import type { InjectionWeights } from '../../src/scanners/prompt-injection/model-file.ts'
import { mixed } from '../../src/scanners/prompt-injection/model.ts'
import { readingOf } from '../../src/scanners/prompt-injection/reading.ts'
import type { Row } from '../row.ts'
import type { RowsFrom } from '../task.ts'
import { learnInThreads } from './learn-in-threads.ts'
import { highestBy, isAuthored, ordinaryFlagged, thresholdsOf, type Judged } from './thresholds.ts'

/** Trains the two networks of `PromptInjection` on windows, and finds their thresholds. */

/** With the rules, as in the scanner. */
const judgedOf = (row: Row, sum: number): Judged => {
  const { patterns, family } = readingOf(row.text)
  return { row, sum: sum + Math.max(0, ...patterns.map(({ odds }) => odds)), family }
}

export interface FittedInjection {
  readonly weights: InjectionWeights
  /** By models that have not seen them or their templates: the share of attacks that is found, and of others that is flagged. */
  readonly unseen: { readonly recall: number; readonly lookAlikes: number; readonly ordinary: number }
}

export const fitInjection = async (rows: readonly Row[], from: RowsFrom): Promise<FittedInjection> => {
  const { wide, marksOnly } = await learnInThreads(from)
  const judged = rows.map((row, index) =>
    judgedOf(row, mixed(wide.sums[index] as number, marksOnly.sums[index] as number)),
  )
  const { thresholds, isFlagged } = thresholdsOf(judged)
  const share = (wanted: (row: Row) => boolean): number => {
    const of = highestBy(
      judged.filter(({ row }) => wanted(row)),
      row => row.bag ?? row.text,
    )
    return of.filter(isFlagged).length / of.length
  }
  return {
    weights: { wide: wide.network, marksOnly: marksOnly.network, thresholds },
    unseen: {
      recall: share(row => row.label === 1),
      lookAlikes: share(row => row.label === 0 && isAuthored(row)),
      ordinary: ordinaryFlagged(judged, isFlagged),
    },
  }
}
