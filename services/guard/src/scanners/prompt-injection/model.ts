import { readFileSync } from 'node:fs'
import { Features } from '../../model/features.ts'
import { decodeWeights, type InjectionWeights } from './model-file.ts'
import { NetworkSum } from './network.ts'
import type { Reading } from './reading.ts'

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

  constructor(weights: InjectionWeights) {
    this.#weights = weights
    this.#features = new Features(weights.wide.header.spec)
    this.#wide = new NetworkSum(weights.wide)
    this.#marksOnly = new NetworkSum(weights.marksOnly)
  }

  /** Log odds of an attack in one window: 0 is where it is right to say yes. */
  logOdds(folded: string, { marks, family }: Pick<Reading, 'marks' | 'family'>): number {
    this.#features.read(folded)
    const sum = mixed(this.#wide.of(this.#features, marks), this.#marksOnly.of(this.#features, marks))
    return sum - this.#weights.thresholds[family]
  }
}

let loaded: InjectionModel | undefined

/** Read once per process. */
export const injectionModel = (): InjectionModel =>
  (loaded ??= new InjectionModel(
    decodeWeights(readFileSync(new URL('../../../models/injection.bin', import.meta.url))),
  ))
