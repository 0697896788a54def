import { seededRandom, type Random } from '../../../test/support/random.ts'
import { logNormal, pareto } from '../random.ts'

/** What arrives when: made once, and asked of every variant. */

export interface Arrival {
  /** Since the start of the run. */
  readonly atMs: number
  /** Names the request, and is the stand-in's seed: its answer is known. */
  readonly seed: number
  readonly model: string
  /** Of the answer. */
  readonly tokens: number
}

/** Tokens of an answer. */
export type Lengths = (random: Random) => number

const whole = (tokens: number, max: number): number => Math.min(max, Math.max(1, Math.round(tokens)))

/** Mean 15.6, median 11, and one in a hundred is longer than 94, six times the mean. */
export const heavyTailed: Lengths = random =>
  whole(random() < 0.85 ? logNormal(random, 9, 0.8) : pareto(random, 14, 1.5), 160)

/** Mean 17, at most three times as much. */
export const moderate: Lengths = random => whole(logNormal(random, 15, 0.5), 48)

export interface WorkloadOptions {
  readonly seed: number
  readonly durationMs: number
  /** What all hosts together can say. */
  readonly tokensPerMs: number
  /** Share of that which arrives; above 1, the queue grows. */
  readonly load: number
  readonly lengths: Lengths
  /** One of them at random for each request. */
  readonly models: readonly string[]
}

/** Poisson arrivals whose tokens add up to the load, exactly: what a short run draws by chance is the same for all. */
export const workload = ({ seed, durationMs, tokensPerMs, load, lengths, models }: WorkloadOptions): Arrival[] => {
  const random = seededRandom(seed)
  const counts: number[] = []
  for (let left = tokensPerMs * durationMs * load; left > 0;) {
    const tokens = lengths(random)
    counts.push(tokens)
    left -= tokens
  }
  // Given their number, the arrivals of a Poisson process are spread evenly at random.
  const times = counts.map(() => random() * durationMs).toSorted((a, b) => a - b)
  return counts.map((tokens, index) => ({
    atMs: times[index]!,
    seed: seed * 100_000 + index,
    model: models[Math.floor(random() * models.length)]!,
    tokens,
  }))
}
