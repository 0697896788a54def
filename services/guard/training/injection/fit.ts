import { readingOf } from '../../src/scanners/prompt-injection/reading.ts'
import { gramValueOf, markBuckets, markValueOf, type Network } from '../../src/scanners/prompt-injection/network.ts'
import { Features, type FeatureSpec } from '../../src/model/features.ts'
import { balancedWeights, heldOut } from '../balance.ts'
import { quantileAbove } from '../metrics.ts'
import { NetworkLearner, type Sample } from './network-learner.ts'
import type { Row } from '../row.ts'

/** Trains the classifier of `PromptInjection` on windows, and finds its threshold. */

const spec: FeatureSpec = { bits: 18, chars: [3, 5], words: 3, windowChars: 4_000 }
const hidden = 12
const epochs = 6
const balance = 0.5
const folds = 3

/** Share of ordinary texts above the threshold, by a model that has not seen them. */
const falsePositives = 0.007

/** Weights beyond so many times the mean square are cut off, or they would coarsen all the others. */
const clipAtDeviations = 12

const samplesOf = (rows: readonly Row[]): Sample[] => {
  const features = new Features(spec)
  const buckets = markBuckets(spec)
  return rows.map(({ text }) => {
    features.read(text)
    const grams = features.buckets.slice(0, features.count)
    const marks = Int32Array.from(readingOf(text).marks, mark => buckets[mark] as number)
    return { grams, gramValue: gramValueOf(grams.length), marks, markValue: markValueOf(marks.length) }
  })
}

const learn = (rows: readonly Row[], samples: readonly Sample[], seed: number): NetworkLearner => {
  const learner = new NetworkLearner({ buckets: 2 ** spec.bits, hidden }, seed)
  const labels = rows.map(row => row.label ?? 0)
  learner.learn(samples, labels, balancedWeights(rows, balance, 1), epochs)
  return learner
}

/** Sums of rows by learners that have not seen them or anything like them. */
const unseenSums = (rows: readonly Row[], samples: readonly Sample[], seed: number): number[] => {
  const sides = Array.from({ length: folds - 1 }, (_, at) => heldOut(rows, (at + 1) / folds, seed))
  const foldOf = rows.map((_, index) => sides.filter(side => side[index]).length)
  const sums: number[] = Array.from({ length: rows.length }, () => 0)
  for (let fold = 0; fold < folds; fold++) {
    const known = [...rows.keys()].filter(index => foldOf[index] !== fold)
    const learner = learn(
      known.map(index => rows[index] as Row),
      known.map(index => samples[index] as Sample),
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

const networkOf = (learner: NetworkLearner, threshold: number): Network => {
  const linear = quantised(learner.linear.values)
  const inner = quantised(learner.inner.values)
  return {
    header: {
      spec,
      hidden,
      linearScale: linear.scale,
      hiddenScale: inner.scale,
      biases: [...learner.biases.values],
      outputs: [...learner.outputs.values],
      bias: learner.bias.values[0] as number,
      threshold,
    },
    linear: linear.weights,
    inner: inner.weights,
  }
}

export interface FittedInjection {
  readonly network: Network
  /** Share of ordinary texts that the threshold lets be flagged. */
  readonly falsePositives: number
  /** Of positive windows that were not trained on, how many are found; of authored look-alikes, how many are flagged. */
  readonly unseen: { readonly recall: number; readonly lookAlikes: number }
}

const isAuthored = (row: Row): boolean => row.source.startsWith('authored:')

/** Of ordinary texts, what is worth most in each: a long one has many chances. */
const highestByText = (rows: readonly Row[], sums: readonly number[]): number[] => {
  const highest = new Map<string, number>()
  for (const [index, row] of rows.entries()) {
    if (row.label !== 0 || isAuthored(row)) continue
    const text = row.group ?? row.text
    highest.set(text, Math.max(highest.get(text) ?? -Infinity, sums[index] as number))
  }
  return [...highest.values()]
}

export const fitInjection = (rows: readonly Row[], seed: number): FittedInjection => {
  const samples = samplesOf(rows)
  const sums = unseenSums(rows, samples, seed)
  const sumsOf = (wanted: (row: Row) => boolean): number[] => sums.filter((_, index) => wanted(rows[index] as Row))
  const threshold = quantileAbove(highestByText(rows, sums), falsePositives)
  const share = (all: readonly number[]): number => all.filter(sum => sum >= threshold).length / all.length
  return {
    network: networkOf(learn(rows, samples, seed), threshold),
    falsePositives,
    unseen: {
      recall: share(sumsOf(row => row.label === 1)),
      lookAlikes: share(sumsOf(row => row.label === 0 && isAuthored(row))),
    },
  }
}
