import { markValueOf } from '../src/model/features.ts'
import type { Model } from '../src/model/model-file.ts'
import { balancedWeights, heldOut } from './balance.ts'
import { Ftrl } from './ftrl.ts'
import { quantileAbove } from './metrics.ts'
import { randomFrom, shuffle } from './random.ts'
import type { Row } from './row.ts'
import { samplesOf, type Sample } from './samples.ts'
import type { Task } from './task.ts'

const defaults = { l1: 0.02, l2: 0.01, balance: 0.5, epochsMax: 15, falsePositives: 0.005 }

/** Of the rows, for early stopping and the threshold. */
const heldOutShare = 0.15

/** Epochs without a better loss on what is held out. */
const patience = 2

/** Weights beyond so many times the mean square are cut off, or they would coarsen all the others. */
const clipAtDeviations = 12

export interface Fitted {
  readonly model: Model
  readonly epochs: number
  readonly heldOutRows: number
}

export const fit = (task: Task, rows: readonly Row[], seed: number, say: (line: string) => void): Fitted => {
  const samples = samplesOf(task, rows)
  const weights = balancedWeights(rows, task.balance ?? defaults.balance, task.positiveWeight ?? 1)
  const out = heldOut(rows, heldOutShare, seed)
  const indices = Int32Array.from(rows.keys())
  const markValue = markValueOf(task.features)
  const learner: Learner = { samples, weights, markValue, labels: Int8Array.from(rows, row => row.label ?? 0) }
  const train = indices.filter(index => !out[index])
  const aside = indices.filter(index => out[index])
  const { ftrl, epochs } = descend(task, learner, { train, aside, seed, say })

  const quantised = quantise(ftrl)
  const negatives = [...aside].filter(index => rows[index]?.label === 0 && (task.calibratedOn?.(rows[index]) ?? true))
  const sums = negatives.map(index => best(quantised.read, samples[index] as Sample, markValue).sum + ftrl.bias)
  const threshold = quantileAbove(sums, task.falsePositives ?? defaults.falsePositives)
  return {
    model: {
      header: { spec: task.features, scale: quantised.scale, bias: ftrl.bias, threshold },
      weights: quantised.weights,
    },
    epochs,
    heldOutRows: aside.length,
  }
}

interface Learner {
  readonly samples: readonly Sample[]
  readonly weights: Float64Array
  readonly markValue: number
  readonly labels: Int8Array
}

interface Split {
  readonly train: Int32Array
  readonly aside: Int32Array
  readonly seed: number
  readonly say: (line: string) => void
}

const descend = (task: Task, learner: Learner, { train, aside, seed, say }: Split) => {
  const { l1 = defaults.l1, l2 = defaults.l2, epochsMax = defaults.epochsMax } = task
  const ftrl = new Ftrl(task.features.bits, { alpha: 0.4, beta: 0.1, l1, l2 })
  const random = randomFrom(seed)
  let kept = { weights: ftrl.weights.slice(), bias: 0, loss: Infinity, epoch: 0 }
  for (let epoch = 1; epoch <= epochsMax && epoch - kept.epoch <= patience; epoch += 1) {
    shuffle(train, random)
    for (const index of train) step(ftrl, learner, index)
    const loss = lossOf(ftrl, learner, aside)
    say(`  epoch ${epoch}: loss ${loss.toFixed(4)} on what is held out`)
    if (loss < kept.loss) kept = { weights: ftrl.weights.slice(), bias: ftrl.bias, loss, epoch }
  }
  ftrl.weights.set(kept.weights)
  ftrl.bias = kept.bias
  return { ftrl, epochs: kept.epoch }
}

const step = (ftrl: Ftrl, { samples, weights, labels, markValue }: Learner, index: number): void => {
  const sample = samples[index] as Sample
  const { sum, from, to } = best(ftrl.weights, sample, markValue)
  const gradient = (sigmoid(sum + ftrl.bias) - (labels[index] as number)) * (weights[index] as number)
  ftrl.update(sample.buckets, from, to, 1 / Math.sqrt(Math.max(1, to - from)), gradient)
  ftrl.update(sample.marks, 0, sample.marks.length, markValue, gradient)
  ftrl.updateBias(gradient)
}

const lossOf = (ftrl: Ftrl, { samples, weights, labels, markValue }: Learner, indices: Int32Array): number => {
  let [loss, total] = [0, 0]
  for (const index of indices) {
    const { sum } = best(ftrl.weights, samples[index] as Sample, markValue)
    const certainty = sigmoid((sum + ftrl.bias) * (labels[index] === 1 ? 1 : -1))
    loss -= Math.log(Math.max(certainty, 1e-12)) * (weights[index] as number)
    total += weights[index] as number
  }
  return loss / total
}

const sigmoid = (sum: number): number => 1 / (1 + Math.exp(-sum))

interface Best {
  /** Without the bias. */
  readonly sum: number
  readonly from: number
  readonly to: number
}

/** The window that is worth most, with the marks. */
const best = (weights: Float32Array, { buckets, windows, marks }: Sample, markValue: number): Best => {
  let found: Best = { sum: -Infinity, from: 0, to: 0 }
  for (let at = 0; at < windows.length; at += 2) {
    const from = windows[at] as number
    const to = windows[at + 1] as number
    let sum = 0
    for (let each = from; each < to; each += 1) sum += weights[buckets[each] as number] as number
    sum /= Math.sqrt(Math.max(1, to - from))
    if (sum > found.sum) found = { sum, from, to }
  }
  let ofMarks = 0
  for (const mark of marks) ofMarks += weights[mark] as number
  return { ...found, sum: found.sum + ofMarks * markValue }
}

const quantise = (ftrl: Ftrl) => {
  let [squares, used, largest] = [0, 0, 0]
  for (const weight of ftrl.weights) {
    if (weight === 0) continue
    squares += weight * weight
    used += 1
    largest = Math.max(largest, Math.abs(weight))
  }
  const clip = Math.min(largest, clipAtDeviations * Math.sqrt(squares / Math.max(1, used)))
  const scale = clip / 127 || 1
  const weights = Int8Array.from(ftrl.weights, weight => Math.max(-127, Math.min(127, Math.round(weight / scale))))
  return { scale, weights, read: Float32Array.from(weights, weight => weight * scale) }
}
