import { readFileSync } from 'node:fs'
import { featureCharsMax, Features, markBucket, markValueOf } from './features.ts'
import { decodeModel, type Model } from './model-file.ts'
import { eachWindow } from './windows.ts'

/** One per file in `models/`, and per task in `training/tasks/`. */
export const modelNames = ['injection', 'toxicity', 'refusal', 'code', 'url'] as const
export type ModelName = (typeof modelNames)[number]

/** The file of `injection` is of another kind. */
export type LinearModelName = Exclude<ModelName, 'injection'>

/** What is worth most in a text. */
export interface ScoredRange {
  readonly score: number
  readonly start: number
  readonly end: number
}

/** A linear classifier over hashed features, as `training/` writes it. A score of 0.5 is where it is right to say yes. */
export class LinearModel {
  readonly #model: Model
  readonly #features: Features

  constructor(model: Model) {
    this.#model = model
    this.#features = new Features(model.header.spec)
  }

  /** Of a whole text, of which it reads the first `featureCharsMax` characters. `marks` are features by name. */
  score(folded: string, marks: readonly string[] = []): number {
    this.#features.read(folded)
    return this.#certainty(this.#sum(0, this.#features.count) + this.#sumOfMarks(marks))
  }

  /** The window of a text of any length that is worth most. Linear. */
  scoreWindows(folded: string, marks: readonly string[] = []): ScoredRange {
    const ofMarks = this.#sumOfMarks(marks)
    const { windowChars } = this.#model.header.spec
    let best = -Infinity
    let [bestStart, bestEnd] = [0, folded.length]
    for (let start = 0; ; start += featureCharsMax - windowChars) {
      const end = Math.min(folded.length, start + featureCharsMax)
      this.#features.read(folded, start, end)
      eachWindow(this.#features, start, end, (from, to, windowStart, windowEnd) => {
        const sum = this.#sum(from, to)
        if (sum > best) [best, bestStart, bestEnd] = [sum, windowStart, windowEnd]
      })
      if (end === folded.length) break
    }
    return { score: this.#certainty(best + ofMarks), start: bestStart, end: bestEnd }
  }

  #sum(from: number, to: number): number {
    const { weights } = this.#model
    const { buckets } = this.#features
    let sum = 0
    for (let at = from; at < to; at += 1) sum += weights[buckets[at] as number] as number
    return sum / Math.sqrt(Math.max(1, to - from))
  }

  #sumOfMarks(marks: readonly string[]): number {
    const { weights, header } = this.#model
    let sum = 0
    for (const mark of marks) sum += weights[markBucket(mark, header.spec.bits)] as number
    return sum * markValueOf(header.spec)
  }

  #certainty(sum: number): number {
    const { scale, bias, threshold } = this.#model.header
    return 1 / (1 + Math.exp(threshold - bias - sum * scale))
  }
}

const loaded = new Map<LinearModelName, LinearModel>()

/** Read once per process. */
export const linearModel = (name: LinearModelName): LinearModel => {
  const known = loaded.get(name)
  if (known) return known
  const model = new LinearModel(decodeModel(readFileSync(new URL(`../../models/${name}.bin`, import.meta.url))))
  loaded.set(name, model)
  return model
}
