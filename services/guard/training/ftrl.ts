/** Logistic regression by FTRL-Proximal (McMahan et al. 2013): weights that are not worth their L1 stay 0. */

export interface FtrlOptions {
  readonly alpha: number
  readonly beta: number
  readonly l1: number
  readonly l2: number
}

export class Ftrl {
  readonly weights: Float32Array
  bias = 0
  readonly #z: Float32Array
  readonly #n: Float32Array
  #biasN = 0
  readonly #options: FtrlOptions

  constructor(bits: number, options: FtrlOptions) {
    this.weights = new Float32Array(2 ** bits)
    this.#z = new Float32Array(2 ** bits)
    this.#n = new Float32Array(2 ** bits)
    this.#options = options
  }

  /** Of features that are worth `value` each. */
  sum(buckets: Int32Array, from: number, to: number, value: number): number {
    let sum = 0
    for (let at = from; at < to; at += 1) sum += this.weights[buckets[at] as number] as number
    return sum * value
  }

  /** One step for features of the same value; `gradient` is (probability - label) × the row's weight. */
  update(buckets: Int32Array, from: number, to: number, value: number, gradient: number): void {
    const { alpha, beta, l1, l2 } = this.#options
    const [z, n, weights] = [this.#z, this.#n, this.weights]
    const g = gradient * value
    for (let at = from; at < to; at += 1) {
      const bucket = buckets[at] as number
      const before = n[bucket] as number
      const after = before + g * g
      const root = Math.sqrt(after)
      const moved = (z[bucket] as number) + g - ((root - Math.sqrt(before)) / alpha) * (weights[bucket] as number)
      n[bucket] = after
      z[bucket] = moved
      const excess = Math.abs(moved) - l1
      weights[bucket] = excess <= 0 ? 0 : (-Math.sign(moved) * excess) / ((beta + root) / alpha + l2)
    }
  }

  updateBias(gradient: number): void {
    this.#biasN += gradient * gradient
    this.bias -= (this.#options.alpha * gradient) / (this.#options.beta + Math.sqrt(this.#biasN))
  }
}
