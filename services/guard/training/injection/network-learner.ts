import { randomFrom, shuffle } from '../random.ts'

/** Learns a network of one hidden layer over sparse features (AdaGrad), for `injection`. */

/** Features of one row: two groups, each with its value. */
export interface Sample {
  readonly grams: Int32Array
  readonly gramValue: number
  readonly marks: Int32Array
  readonly markValue: number
}

export interface NetworkShape {
  readonly buckets: number
  readonly hidden: number
}

const rate = 0.1
/** Of the rate, what is left in the last epoch. */
const rateAtEnd = 0.3
const decay = 1e-5
/** Weights begin near 0, or n-grams that training has hardly seen would add noise; what sets units apart is where they begin. */
const spread = 0.01
const biasAtStart = 0.3
/** A start for the sums of squares: bounds the first steps. */
const firstSquare = 1e-3

/** Below it a row has been learned: later epochs only read it, which saves time. */
const gradientMin = 0.01

/**
 * What of a row is shown each time (dropout). Without it templates are learned by heart: 7 of 100 attacks fewer are found
 * at the same false positives. Some rows show no n-grams: what marks say must hold in languages that have few rows.
 */
const gramsShown = 0.5
const marksShown = 0.7
const withoutGrams = 0.1
const noGrams = new Int32Array(0)

class Weights {
  readonly values: Float32Array
  readonly #squares: Float32Array

  constructor(size: number, initial: (index: number) => number = () => 0) {
    this.values = Float32Array.from({ length: size }, (_, index) => initial(index))
    this.#squares = new Float32Array(size).fill(firstSquare)
  }

  step(index: number, gradient: number, by: number): void {
    const slope = gradient + decay * (this.values[index] as number)
    const square = (this.#squares[index] as number) + slope * slope
    this.#squares[index] = square
    this.values[index] = (this.values[index] as number) - (by * slope) / Math.sqrt(square)
  }
}

export class NetworkLearner {
  readonly linear: Weights
  readonly inner: Weights
  readonly biases: Weights
  readonly outputs: Weights
  readonly bias = new Weights(1)
  readonly #hidden: number
  readonly #activity: Float32Array
  readonly #slopes: Float32Array
  readonly #random: () => number

  constructor({ buckets, hidden }: NetworkShape, seed: number) {
    const random = randomFrom(seed)
    this.#random = random
    this.#hidden = hidden
    this.linear = new Weights(buckets)
    this.inner = new Weights(buckets * hidden, () => (random() - 0.5) * spread)
    this.biases = new Weights(hidden, () => biasAtStart * (0.5 + random()))
    this.outputs = new Weights(hidden, () => random() - 0.5)
    this.#activity = new Float32Array(hidden)
    this.#slopes = new Float32Array(hidden)
  }

  sum(sample: Sample): number {
    this.#activity.set(this.biases.values)
    let sum = this.bias.values[0] as number
    sum += this.#add(sample.grams, sample.gramValue) + this.#add(sample.marks, sample.markValue)
    for (let unit = 0; unit < this.#hidden; unit++) {
      const activity = Math.max(0, this.#activity[unit] as number)
      this.#activity[unit] = activity
      sum += activity * (this.outputs.values[unit] as number)
    }
    return sum
  }

  /** `bags`: samples that are learned from together, each time only from the one that is most certain. */
  learn(
    samples: readonly Sample[],
    bags: readonly (readonly number[])[],
    labels: readonly number[],
    weights: Float64Array,
    epochs: number,
  ): void {
    const order = Int32Array.from(bags.keys())
    for (let epoch = 0; epoch < epochs; epoch++) {
      const by = rate * (1 - ((1 - rateAtEnd) * epoch) / Math.max(1, epochs - 1))
      shuffle(order, this.#random)
      for (const at of order) {
        const bag = bags[at] as readonly number[]
        const index = epoch === 0 ? (bag[0] as number) : this.#mostCertain(samples, bag)
        const weight = bag.reduce((sum, each) => sum + (weights[each] as number), 0)
        const sample = this.#partOf(samples[index] as Sample)
        const certainty = 1 / (1 + Math.exp(-this.sum(sample)))
        const gradient = (certainty - (labels[index] as number)) * weight
        if (Math.abs(gradient) >= gradientMin) this.#step(sample, gradient, by)
      }
    }
  }

  #mostCertain(samples: readonly Sample[], bag: readonly number[]): number {
    const [first = 0] = bag
    if (bag.length === 1) return first
    const sums = bag.map(index => this.sum(samples[index] as Sample))
    return bag[sums.indexOf(Math.max(...sums))] ?? first
  }

  #partOf({ grams, gramValue, marks, markValue }: Sample): Sample {
    const hidesGrams = this.#random() < withoutGrams
    return {
      grams: hidesGrams ? noGrams : grams.filter(() => this.#random() < gramsShown),
      gramValue: gramValue / gramsShown,
      marks: marks.filter(() => this.#random() < marksShown),
      markValue: markValue / marksShown,
    }
  }

  #add(buckets: Int32Array, value: number): number {
    const { values } = this.inner
    const hidden = this.#hidden
    let linear = 0
    for (const bucket of buckets) {
      linear += this.linear.values[bucket] as number
      const from = bucket * hidden
      for (let unit = 0; unit < hidden; unit++) {
        this.#activity[unit] = (this.#activity[unit] as number) + (values[from + unit] as number) * value
      }
    }
    return linear * value
  }

  /** After `sum` of the same sample. */
  #step(sample: Sample, gradient: number, by: number): void {
    this.bias.step(0, gradient, by)
    for (let unit = 0; unit < this.#hidden; unit++) {
      const activity = this.#activity[unit] as number
      const slope = activity > 0 ? gradient * (this.outputs.values[unit] as number) : 0
      this.#slopes[unit] = slope
      if (activity > 0) this.outputs.step(unit, gradient * activity, by)
      if (slope !== 0) this.biases.step(unit, slope, by)
    }
    this.#stepAll(sample.grams, sample.gramValue, gradient, by)
    this.#stepAll(sample.marks, sample.markValue, gradient, by)
  }

  #stepAll(buckets: Int32Array, value: number, gradient: number, by: number): void {
    for (const bucket of buckets) {
      this.linear.step(bucket, gradient * value, by)
      const from = bucket * this.#hidden
      for (let unit = 0; unit < this.#hidden; unit++) {
        const slope = this.#slopes[unit] as number
        if (slope !== 0) this.inner.step(from + unit, slope * value, by)
      }
    }
  }
}
