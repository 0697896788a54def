import { markBuckets, gramValueOf, markValueOf, type Network } from '../../src/scanners/prompt-injection/network.ts'
import type { InjectionWeights } from '../../src/scanners/prompt-injection/model-file.ts'
import { mixed } from '../../src/scanners/prompt-injection/model.ts'
import { readingOf } from '../../src/scanners/prompt-injection/reading.ts'
import { Features, type FeatureSpec } from '../../src/model/features.ts'
import { balancedWeights, heldOut } from '../balance.ts'
import type { Row } from '../row.ts'
import { NetworkLearner, type Sample } from './network-learner.ts'
import { highestBy, isAuthored, ordinaryFlagged, thresholdsOf, type Judged } from './thresholds.ts'

/** Trains the two networks of `PromptInjection` on windows, and finds their thresholds. */

interface Shape {
  readonly spec: FeatureSpec
  readonly readsGrams: boolean
  readonly hidden: number
  readonly epochs: number
}

/** Shorter n-grams with half of the epochs found fewer English attacks of files that were left out: 42 of 100 for 53. */
const wide: Shape = {
  spec: { bits: 18, chars: [3, 5], words: 3, windowChars: 4_000 },
  readsGrams: true,
  hidden: 12,
  epochs: 9,
}

const marksOnly: Shape = {
  spec: { bits: 14, chars: [1, 1], words: 0, windowChars: 4_000 },
  readsGrams: false,
  hidden: 16,
  epochs: 6,
}

const balance = 0.5
const folds = 3

/** Weights beyond so many times the mean square are cut off, or they would coarsen all the others. */
const clipAtDeviations = 12

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
  const learner = new NetworkLearner({ buckets: 2 ** shape.spec.bits, hidden: shape.hidden }, seed)
  const labels = rows.map(row => row.label ?? 0)
  learner.learn(samples, bagsOf(rows), labels, balancedWeights(rows, balance, 1), shape.epochs)
  return learner
}

/** Which rows a fold leaves out: of what was authored, templates with all that comes of them. */
const foldsOf = (rows: readonly Row[], seed: number): number[] => {
  const sides = Array.from({ length: folds - 1 }, (_, at) => heldOut(rows, (at + 1) / folds, seed))
  return rows.map((_, index) => sides.filter(side => side[index]).length)
}

/** Sums of rows by learners that have not seen them or anything like them. */
const unseenSums = (rows: readonly Row[], samples: readonly Sample[], shape: Shape, seed: number): number[] => {
  const foldOf = foldsOf(rows, seed)
  const sums: number[] = Array.from({ length: rows.length }, () => 0)
  for (let fold = 0; fold < folds; fold++) {
    const known = [...rows.keys()].filter(index => foldOf[index] !== fold)
    const learner = learn(
      known.map(index => rows[index] as Row),
      known.map(index => samples[index] as Sample),
      shape,
      seed,
    )
    for (const [index, sample] of samples.entries()) if (foldOf[index] === fold) sums[index] = learner.sum(sample)
  }
  return sums
}

const quantised = (values: Float32Array): { scale: number; weights: Int8Array } => {
  const squares = values.reduce((sum, value) => sum + value * value, 0)
  const used = values.reduce((count, value) => count + (value === 0 ? 0 : 1), 0)
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const clip = Math.min(largest, clipAtDeviations * Math.sqrt(squares / Math.max(1, used)))
  const scale = clip / 127 || 1
  return { scale, weights: Int8Array.from(values, value => Math.max(-127, Math.min(127, Math.round(value / scale)))) }
}

const networkOf = (learner: NetworkLearner, { spec, readsGrams, hidden }: Shape): Network => {
  const linear = quantised(learner.linear.values)
  const inner = quantised(learner.inner.values)
  return {
    header: {
      spec,
      readsGrams,
      hidden,
      linearScale: linear.scale,
      hiddenScale: inner.scale,
      biases: [...learner.biases.values],
      outputs: [...learner.outputs.values],
      bias: learner.bias.values[0] as number,
    },
    linear: linear.weights,
    inner: inner.weights,
  }
}

const fitted = (rows: readonly Row[], shape: Shape, seed: number): { network: Network; sums: number[] } => {
  const samples = samplesOf(rows, shape)
  const sums = unseenSums(rows, samples, shape, seed)
  return { network: networkOf(learn(rows, samples, shape, seed), shape), sums }
}

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

export const fitInjection = (rows: readonly Row[], seed: number): FittedInjection => {
  const ofWide = fitted(rows, wide, seed)
  const ofMarks = fitted(rows, marksOnly, seed)
  const judged = rows.map((row, index) =>
    judgedOf(row, mixed(ofWide.sums[index] as number, ofMarks.sums[index] as number)),
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
    weights: { wide: ofWide.network, marksOnly: ofMarks.network, thresholds },
    unseen: {
      recall: share(row => row.label === 1),
      lookAlikes: share(row => row.label === 0 && isAuthored(row)),
      ordinary: ordinaryFlagged(judged, isFlagged),
    },
  }
}
