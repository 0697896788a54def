import type { FeatureSpec } from '../src/model/features.ts'
import type { ModelName } from '../src/model/linear.ts'
import type { Subject } from '../src/text/subject.ts'
import type { CardFacts } from './card.ts'
import type { Row } from './row.ts'

/**
 * What `npm run train:guard` trains: one file per task in `tasks/`, exported as `task`, and one line in `tasks.ts`.
 *
 *   export const task: Task = {
 *     name: 'injection',
 *     features: { bits: 20, chars: [2, 5], words: 3, windowChars: 300 },
 *     rows: ({ dir, seed }) => [...trainingRows(dir, 'injection'), ...authoredRows('injection', 'train', seed)],
 *   }
 *
 * Every row is read as the scanner will read it: `text(row)` if there is one, else the normal view, folded. A text that
 * is longer than `windowChars` is learned by its highest window (of a positive row, and of a negative one), as
 * `LinearModel.scoreWindows` will judge it. A scanner that calls `score` on pieces should have rows of such pieces.
 */
export interface Task {
  readonly name: ModelName
  readonly features: FeatureSpec
  /** Rows to learn from: never those of `dev`. */
  rows(from: RowsFrom): Row[]
  /** Rows only for the figures of the model card; absent: `<name>.dev`, and the authored templates kept aside. */
  devRows?(from: RowsFrom): Row[]
  /** Features by name, for `score(…, marks)`. */
  marks?(subject: Subject): readonly string[]
  /** What the model sees of a row. */
  text?(subject: Subject): string
  /** Share of held-out negatives above the threshold; 0.005 if absent. */
  readonly falsePositives?: number
  /** Which held-out negatives the threshold is taken from; absent: all. */
  calibratedOn?(row: Row): boolean
  /** How much all positives count in comparison with all negatives; 1 if absent. */
  readonly positiveWeight?: number
  /** 0: every row counts the same; 1: every source of a language and label does. 0.5 if absent. */
  readonly balance?: number
  /** Strengths of L1 and L2; `defaults` in `fit.ts` if absent. */
  readonly l1?: number
  readonly l2?: number
  readonly epochsMax?: number
  /** What the model can't do, for its card. */
  readonly limits: string
}

export interface RowsFrom {
  /** The data folder. */
  readonly dir: string
  readonly seed: number
}

/** A task whose model is another than `LinearModel`, so that it trains it itself. */
export interface OwnTask {
  readonly name: ModelName
  train(from: RowsFrom, say: (line: string) => void): Promise<Trained>
}

export interface Trained extends CardFacts {
  /** `models/<name>.bin`. */
  readonly file: Uint8Array
}
