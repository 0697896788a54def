import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random.ts'
import { NetworkLearner, type Sample } from './network-learner.ts'

const random = randomFrom(5)
const told = 0
const buckets = 40
const count = 1_000
/** More than the attacks, of which half of the time the n-gram that tells is not shown: what is left must not look like one. */
const harmlessCount = 1_250

/** Of buckets that say nothing, and perhaps the one that tells. */
const sampleOf = (tells: boolean): Sample => {
  const noise = Array.from({ length: 6 }, () => 1 + Math.floor(random() * (buckets - 1)))
  const grams = Int32Array.from(tells ? [told, ...noise] : noise)
  return { grams, gramValue: 1 / Math.sqrt(grams.length), marks: new Int32Array(0), markValue: 1 }
}

/** Harmless samples, then 1,000 attacks of two windows, of which the second tells. */
const samples = [
  ...Array.from({ length: harmlessCount }, () => sampleOf(false)),
  ...Array.from({ length: count }, () => [sampleOf(false), sampleOf(true)]).flat(),
]
const labels = samples.map((_, index) => (index < harmlessCount ? 0 : 1))
const single = samples.map((_, index) => [index])
const inBags = [
  ...single.slice(0, harmlessCount),
  ...Array.from({ length: count }, (_, at) => [harmlessCount + 2 * at, harmlessCount + 2 * at + 1]),
]

const learned = (bags: readonly (readonly number[])[]): NetworkLearner => {
  const learner = new NetworkLearner({ buckets, hidden: 4 }, 1)
  learner.learn(samples, bags, labels, new Float64Array(samples.length).fill(1), 8)
  return learner
}

/** How many of the harmless windows of attacks are called attacks. */
const wrong = (learner: NetworkLearner): number =>
  samples.filter((sample, index) => index >= harmlessCount && index % 2 === 0 && learner.sum(sample) > 0).length

describe('NetworkLearner', () => {
  it('learns an attack from the window that tells, and not from the others of its bag', () => {
    const learner = learned(inBags)
    expect(
      samples.filter((sample, index) => index % 2 === 1 && index >= harmlessCount && learner.sum(sample) > 0),
    ).toHaveLength(count)
    expect(wrong(learner)).toBeLessThan(100)
    expect(wrong(learned(single))).toBeGreaterThan(900)
  })
})
