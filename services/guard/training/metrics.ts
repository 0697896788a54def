/** A score, and what was right. */
export interface Scored {
  readonly score: number
  readonly label: 0 | 1
}

export interface Metrics {
  readonly rows: number
  readonly positives: number
  /** NaN where there is nothing to divide by. */
  readonly precision: number
  readonly recall: number
  readonly falsePositiveRate: number
  readonly auc: number
}

export const metricsOf = (scored: readonly Scored[], threshold = 0.5): Metrics => {
  const yes = scored.filter(each => each.score >= threshold)
  const right = yes.filter(each => each.label === 1).length
  const positives = scored.filter(each => each.label === 1).length
  return {
    rows: scored.length,
    positives,
    precision: right / yes.length,
    recall: right / positives,
    falsePositiveRate: (yes.length - right) / (scored.length - positives),
    auc: aucOf(scored),
  }
}

/** How often a positive scores more than a negative; ties count half. */
export const aucOf = (scored: readonly Scored[]): number => {
  const sorted = [...scored].sort((a, b) => a.score - b.score)
  let [negativesBelow, pairs, positives] = [0, 0, 0]
  for (let at = 0; at < sorted.length;) {
    let [tiedPositives, tiedNegatives] = [0, 0]
    const { score } = sorted[at] as Scored
    for (; at < sorted.length && sorted[at]?.score === score; at += 1) {
      if (sorted[at]?.label === 1) tiedPositives += 1
      else tiedNegatives += 1
    }
    pairs += tiedPositives * (negativesBelow + tiedNegatives / 2)
    positives += tiedPositives
    negativesBelow += tiedNegatives
  }
  return pairs / (positives * negativesBelow)
}

/** The value that a share of `share` is above. */
export const quantileAbove = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => b - a)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
