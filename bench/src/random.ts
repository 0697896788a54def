import type { Random } from '../../test/support/random.ts'

/** What arrives when, and how long it is: seeded, so that every variant meets the same. */

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

export const logNormal = (random: Random, median: number, sigma: number): number =>
  median * Math.exp(sigma * normal(random))

export const pareto = (random: Random, least: number, alpha: number): number => least / (1 - random()) ** (1 / alpha)

export const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random())
