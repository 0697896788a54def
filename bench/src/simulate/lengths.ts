import type { Random } from '../../../test/support/random.ts'
import { logNormal, pareto } from '../random.ts'

/** How long requests are, in parts of their mean. */
export const lengths = {
  /** σ = 1: the longest twentieth has 25 % of the work. */
  'log-normal': (random: Random): number => logNormal(random, Math.exp(-0.5), 1),
  /** α = 2.1: hardly a variance. */
  pareto: (random: Random): number => pareto(random, 1.1 / 2.1, 2.1),
} as const

export type LengthName = keyof typeof lengths
