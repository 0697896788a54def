/** A text, and what the model should say of it. */
export interface Row {
  readonly text: string
  /** Absent: nobody knows; then only the share of yes can be told. */
  readonly label?: 0 | 1 | undefined
  /** ISO 639-1; `zxx` is no natural language. */
  readonly lang: string
  /** Where it is from: a name in the data folder's README, or `authored:<kind>`. */
  readonly source: string
  /** Rows of one group are on one side of a split. Absent: worked out from the text. */
  readonly group?: string
  /** How many times as much it counts in training as it would after classes, sources and languages are balanced. */
  readonly weight?: number
  /** Of rows with the same one only the most certain is learned from: the windows of an attack, which is in one of them. */
  readonly bag?: string
}
