/** Seeded, so that every policy meets the same requests, and a run can be repeated. */

/** @returns uniform in [0, 1) */
export type Random = () => number

/** Mulberry32. */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random())

/** How long requests are, in parts of their mean. */
export const lengths = {
  /** σ = 1: the longest twentieth has 25 % of the work. */
  'log-normal': (random: Random): number => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.exp(normal - 0.5)
  },
  /** α = 2.1: hardly a variance. */
  pareto: (random: Random): number => (1.1 / 2.1) * (1 - random()) ** (-1 / 2.1),
} as const

export type LengthName = keyof typeof lengths
