import { readFileSync } from 'node:fs'
import { Features, markBucket, type FeatureSpec } from '../../model/features.ts'
import { markNames } from './marks.ts'

/**
 * The classifier: a linear part and one hidden layer over n-grams and marks, both hashed. The hidden layer is what tells
 * a command from talk about one: that words occur together means more, or less, than each. With the linear part alone
 * 12 of 100 more attacks are missed at 0.2 % false positives.
 *
 * The file: letters, the length of the header, the header (JSON), a weight per bucket, `hidden` weights per bucket.
 */

export interface NetworkHeader {
  readonly spec: FeatureSpec
  readonly hidden: number
  /** What a weight of 1 is worth. */
  readonly linearScale: number
  readonly hiddenScale: number
  readonly biases: readonly number[]
  /** Of the hidden units, in the sum. */
  readonly outputs: readonly number[]
  readonly bias: number
  /** The sum from which on the answer is yes. */
  readonly threshold: number
}

export interface Network {
  readonly header: NetworkHeader
  readonly linear: Int8Array
  readonly inner: Int8Array
}

/** All marks together weigh more than all n-grams, however many there are; but few of them are little evidence. */
const marksWeight = 1.5
const marksMin = 8

export const markValueOf = (count: number): number => marksWeight / Math.sqrt(Math.max(marksMin, count))
export const gramValueOf = (count: number): number => 1 / Math.sqrt(Math.max(1, count))

/** Of each of `markNames`. */
export const markBuckets = ({ bits }: FeatureSpec): Int32Array =>
  Int32Array.from(markNames, name => markBucket(name, bits))

const letters = 'DGN1'
const headerStart = 8

export const encodeNetwork = ({ header, linear, inner }: Network): Buffer => {
  const json = Buffer.from(JSON.stringify(header))
  const start = Buffer.alloc(headerStart)
  start.write(letters, 'latin1')
  start.writeUInt32LE(json.length, letters.length)
  return Buffer.concat([start, json, Buffer.from(linear.buffer), Buffer.from(inner.buffer)])
}

export const decodeNetwork = (file: Buffer): Network => {
  if (file.toString('latin1', 0, letters.length) !== letters) throw new Error('not a network file')
  const headerEnd = headerStart + file.readUInt32LE(letters.length)
  const header = JSON.parse(file.toString('utf8', headerStart, headerEnd)) as NetworkHeader
  const buckets = 2 ** header.spec.bits
  if (file.length !== headerEnd + buckets * (1 + header.hidden)) throw new Error('a network file that is not complete')
  const weights = new Int8Array(file.subarray(headerEnd))
  return { header, linear: weights.subarray(0, buckets), inner: weights.subarray(buckets) }
}

export class InjectionModel {
  readonly #network: Network
  readonly #features: Features
  readonly #markBuckets: Int32Array
  readonly #markRow = new Int32Array(markNames.length)
  readonly #ofGrams: Int32Array
  readonly #ofMarks: Int32Array

  constructor(network: Network) {
    this.#network = network
    this.#features = new Features(network.header.spec)
    this.#markBuckets = markBuckets(network.header.spec)
    this.#ofGrams = new Int32Array(network.header.hidden + 1)
    this.#ofMarks = new Int32Array(network.header.hidden + 1)
  }

  /** Log odds of an attack in one window: 0 is where it is right to say yes. */
  logOdds(folded: string, marks: readonly number[]): number {
    const features = this.#features
    features.read(folded)
    this.#add(this.#ofGrams, features.buckets, features.count)
    for (let at = 0; at < marks.length; at++) this.#markRow[at] = this.#markBuckets[marks[at] as number] as number
    this.#add(this.#ofMarks, this.#markRow, marks.length)
    return this.#output(gramValueOf(features.count), markValueOf(marks.length))
  }

  /** Sums of the weights of `count` buckets, per unit; the linear part is last. */
  #add(sums: Int32Array, buckets: Int32Array, count: number): void {
    const { header, linear, inner } = this.#network
    const { hidden } = header
    sums.fill(0)
    let straight = 0
    for (let at = 0; at < count; at++) {
      const bucket = buckets[at] as number
      straight += linear[bucket] as number
      const from = bucket * hidden
      for (let unit = 0; unit < hidden; unit++) {
        sums[unit] = (sums[unit] as number) + (inner[from + unit] as number)
      }
    }
    sums[hidden] = straight
  }

  #output(gramValue: number, markValue: number): number {
    const { hidden, linearScale, hiddenScale, biases, outputs, bias, threshold } = this.#network.header
    const sumOf = (unit: number): number =>
      (this.#ofGrams[unit] as number) * gramValue + (this.#ofMarks[unit] as number) * markValue
    let sum = bias - threshold + sumOf(hidden) * linearScale
    for (let unit = 0; unit < hidden; unit++) {
      const activity = sumOf(unit) * hiddenScale + (biases[unit] as number)
      if (activity > 0) sum += activity * (outputs[unit] as number)
    }
    return sum
  }
}

let loaded: InjectionModel | undefined

/** Read once per process. */
export const injectionModel = (): InjectionModel =>
  (loaded ??= new InjectionModel(
    decodeNetwork(readFileSync(new URL('../../../models/injection.bin', import.meta.url))),
  ))
