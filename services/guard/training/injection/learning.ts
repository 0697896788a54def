import { Features, type FeatureSpec } from '../../src/model/features.ts'
import {
  gramValueOf,
  hidden,
  markBuckets,
  markValueOf,
  packed,
  rowWeights,
  stepsMax,
  type Network,
} from '../../src/scanners/prompt-injection/network.ts'
import { readingOf } from '../../src/scanners/prompt-injection/reading.ts'
import { balancedWeights, heldOut } from '../balance.ts'
import type { Row } from '../row.ts'
import { NetworkLearner, type Sample } from './network-learner.ts'

/** The parts of the training of `injection`, which do not need each other: that is what two cores are for. */

interface Shape {
  readonly spec: FeatureSpec
  readonly readsGrams: boolean
  readonly epochs: number
}

/** Shorter n-grams with half of the epochs found fewer English attacks of files that were left out: 42 of 100 for 53. */
const wide: Shape = {
  spec: { bits: 19, chars: [3, 5], words: 3, windowChars: 4_000 },
  readsGrams: true,
  epochs: 8,
}

const marksOnly: Shape = {
  spec: { bits: 14, chars: [1, 1], words: 0, windowChars: 4_000 },
  readsGrams: false,
  epochs: 6,
}

const shapes = { wide, marksOnly }

export type ShapeName = keyof typeof shapes

const balance = 0.5
export const folds = 3

/** Weights beyond so many times the mean square are cut off, or they would coarsen all the others. */
const clipAtDeviations = 3.5

const noGrams = new Int32Array(0)

const samplesOf = (rows: readonly Row[], { spec, readsGrams }: Shape): Sample[] => {
  const features = new Features(spec)
  const buckets = markBuckets(spec)
  return rows.map(({ text }) => {
    if (readsGrams) features.read(text)
    const grams = readsGrams ? features.buckets.slice(0, features.count) : noGrams
    const marks = Int32Array.from(readingOf(text).marks, mark => buckets[mark] as number)
    return { grams, gramValue: gramValueOf(grams.length), marks, markValue: markValueOf(marks.length) }
  })
}

/** Indices; a row without a bag is one by itself. */
const bagsOf = (rows: readonly Row[]): number[][] => [
  ...Map.groupBy(rows.keys(), index => rows[index]?.bag ?? index).values(),
]

const learn = (rows: readonly Row[], samples: readonly Sample[], shape: Shape, seed: number): NetworkLearner => {
  const learner = new NetworkLearner({ buckets: 2 ** shape.spec.bits, hidden }, seed)
  const labels = rows.map(row => row.label ?? 0)
  learner.learn(samples, bagsOf(rows), labels, balancedWeights(rows, balance, 1), shape.epochs)
  return learner
}

/** Which rows a fold leaves out: of what was authored, templates with all that comes of them. */
const foldsOf = (rows: readonly Row[], seed: number): number[] => {
  const sides = Array.from({ length: folds - 1 }, (_, at) => heldOut(rows, (at + 1) / folds, seed))
  return rows.map((_, index) => sides.filter(side => side[index]).length)
}

const quantised = (values: Float32Array): { scale: number; steps: Int8Array } => {
  const squares = values.reduce((sum, value) => sum + value * value, 0)
  const used = values.reduce((count, value) => count + (value === 0 ? 0 : 1), 0)
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const clip = Math.min(largest, clipAtDeviations * Math.sqrt(squares / Math.max(1, used)))
  const scale = clip / stepsMax || 1
  const stepsOf = (value: number): number => Math.max(-stepsMax, Math.min(stepsMax, Math.round(value / scale)))
  return { scale, steps: Int8Array.from(values, stepsOf) }
}

const networkOf = (learner: NetworkLearner, { spec, readsGrams }: Shape): Network => {
  const linear = quantised(learner.linear.values)
  const inner = quantised(learner.inner.values)
  const weights = new Int8Array(linear.steps.length * rowWeights)
  for (let bucket = 0; bucket < linear.steps.length; bucket++) {
    weights.set(inner.steps.subarray(bucket * hidden, (bucket + 1) * hidden), bucket * rowWeights)
    weights[bucket * rowWeights + hidden] = linear.steps[bucket] as number
  }
  return {
    header: {
      spec,
      readsGrams,
      linearScale: linear.scale,
      hiddenScale: inner.scale,
      biases: [...learner.biases.values],
      outputs: [...learner.outputs.values],
      bias: learner.bias.values[0] as number,
    },
    rows: packed(weights),
  }
}

export class Learning {
  readonly #rows: readonly Row[]
  readonly #seed: number
  readonly #foldOf: readonly number[]
  readonly #samples = new Map<ShapeName, readonly Sample[]>()

  constructor(rows: readonly Row[], seed: number) {
    this.#rows = rows
    this.#seed = seed
    this.#foldOf = foldsOf(rows, seed)
  }

  network(name: ShapeName): Network {
    const shape = shapes[name]
    return networkOf(learn(this.#rows, this.#samplesFor(name), shape, this.#seed), shape)
  }

  /** The sums of the rows of a fold by a network that has not seen them or anything like them; of the others 0. */
  unseenSums(name: ShapeName, fold: number): Float64Array {
    const samples = this.#samplesFor(name)
    const known = [...this.#rows.keys()].filter(index => this.#foldOf[index] !== fold)
    const learner = learn(
      known.map(index => this.#rows[index] as Row),
      known.map(index => samples[index] as Sample),
      shapes[name],
      this.#seed,
    )
    return Float64Array.from(samples, (sample, index) => (this.#foldOf[index] === fold ? learner.sum(sample) : 0))
  }

  #samplesFor(name: ShapeName): readonly Sample[] {
    const samples = this.#samples.get(name) ?? samplesOf(this.#rows, shapes[name])
    this.#samples.set(name, samples)
    return samples
  }
}
