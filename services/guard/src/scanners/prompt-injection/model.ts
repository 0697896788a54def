import { readFileSync } from 'node:fs'
import { featureCharsMax, Features } from '../../model/features.ts'
import { decodeWeights, type InjectionWeights } from './model-file.ts'
import { NetworkSum, type Grams } from './network.ts'
import type { Reading } from './reading.ts'
import type { Window } from './windows.ts'

/**
 * Two networks, averaged: one over n-grams and marks, and one over marks alone, which can't know the words of the attacks it
 * was trained with. In languages whose attacks were left out of training, the second is right more often (AUC .90 for .85);
 * in the others the first is, and the less the second has to say, the better.
 */
const marksOnlyShare = 0.1

export const mixed = (wide: number, marksOnly: number): number =>
  (1 - marksOnlyShare) * wide + marksOnlyShare * marksOnly

export class InjectionModel {
  readonly #weights: InjectionWeights
  readonly #features: Features
  readonly #wide: NetworkSum
  readonly #marksOnly: NetworkSum
  #folded = ''
  #windows: readonly Window[] = []
  /** How far the n-grams reach that have been read. */
  #readTo = -1

  constructor(weights: InjectionWeights) {
    this.#weights = weights
    this.#features = new Features(weights.wide.header.spec)
    this.#wide = new NetworkSum(weights.wide)
    this.#marksOnly = new NetworkSum(weights.marksOnly)
  }

  /** Begins with a text, of which the windows come in order. */
  read(folded: string, windows: readonly Window[]): void {
    this.#folded = folded
    this.#windows = windows
    this.#readTo = -1
  }

  /** Log odds of an attack in a window: 0 is where it is right to say yes. */
  logOdds(index: number, { marks, family }: Pick<Reading, 'marks' | 'family'>): number {
    const grams = this.#gramsOf(index)
    const sum = mixed(this.#wide.of(grams, marks), this.#marksOnly.of(grams, marks))
    return sum - this.#weights.thresholds[family]
  }

  #gramsOf(index: number): Grams {
    const { start, end } = this.#windows[index] as Window
    if (end > this.#readTo) {
      this.#readTo = Math.min(this.#folded.length, start + featureCharsMax)
      this.#features.read(this.#folded, start, this.#readTo)
      this.#wide.restart()
    }
    const next = this.#windows[index + 1]
    const to = this.#features.indexOf(end)
    const nextFrom = next === undefined || next.end > this.#readTo ? to : this.#features.indexOf(next.start)
    return { buckets: this.#features.buckets, from: this.#features.indexOf(start), to, nextFrom }
  }
}

let loaded: InjectionModel | undefined

/** Read once per process. */
export const injectionModel = (): InjectionModel =>
  (loaded ??= new InjectionModel(
    decodeWeights(readFileSync(new URL('../../../models/injection.bin', import.meta.url))),
  ))
