/** Which host a strategy that places jobs in turn gives the n-th one. */

export interface PlacementHost {
  readonly id: string
  /** More than 0, fractions allowed; one that is not gets nothing. */
  readonly weight: number
}

/**
 * The n-th of the smooth weighted round robin sequence over the hosts, which with equal weights is plain round robin.
 * Every window of one period (1:2:3 has 6) holds each host exactly as often as its weight says.
 * @param hosts in an order that all who ask agree on.
 * @param n counts up by one per job, from anywhere.
 */
export const nthHost = (hosts: readonly PlacementHost[], n: number): string | undefined => {
  const turns = sequenceOf(hosts.map(host => host.weight))
  return hosts[turns[n % turns.length] ?? -1]?.id
}

/** Weights with no small common measure are rounded to one part in so many. */
const periodMax = 10_000
const cachedMax = 100
const cached = new Map<string, readonly number[]>()

const sequenceOf = (weights: readonly number[]): readonly number[] => {
  const key = weights.join()
  const known = cached.get(key)
  if (known !== undefined) return known
  if (cached.size >= cachedMax) cached.clear()
  const sequence = smoothSequence(wholeWeights(weights))
  cached.set(key, sequence)
  return sequence
}

/** Everyone gains its weight, the richest is chosen and pays the sum: nginx's smooth weighted round robin. */
const smoothSequence = (weights: readonly number[]): readonly number[] => {
  const period = weights.reduce((sum, weight) => sum + weight, 0)
  const accounts = weights.map((weight, at) => ({ at, weight, credit: 0 }))
  return Array.from({ length: period }, () => {
    for (const account of accounts) account.credit += account.weight
    const richest = accounts.reduce((a, b) => (b.credit > a.credit ? b : a))
    richest.credit -= period
    return richest.at
  })
}

/** Whole numbers in the same proportion, as small as can be. */
const wholeWeights = (weights: readonly number[]): readonly number[] => {
  const positive = weights.map(weight => (Number.isFinite(weight) && weight > 0 ? weight : 0))
  const least = Math.min(...positive.filter(weight => weight > 0))
  const most = periodMax / positive.reduce((sum, weight) => sum + weight, 0)
  for (let parts = 1; parts <= most * least; parts += 1) {
    const whole = positive.map(weight => (weight / least) * parts)
    if (whole.every(isNearlyWhole)) return whole.map(Math.round)
  }
  return positive.map(weight => (weight === 0 ? 0 : Math.max(1, Math.round(weight * most))))
}

const isNearlyWhole = (value: number): boolean => Math.abs(value - Math.round(value)) < 1e-9 * Math.max(1, value)
