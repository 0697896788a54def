import { describe, expect, it } from 'vitest'
import { families, type Family } from './family.ts'
import { InjectionModel, mixed } from './model.ts'
import type { InjectionWeights } from './model-file.ts'
import { hidden, packed, rowWeights, type Network } from './network.ts'
import { windowsOf } from './windows.ts'

const bits = 10

const network = (readsGrams: boolean, isSilent: boolean, bias: number): Network => ({
  header: {
    spec: { bits, chars: [3, 4], words: 1, windowChars: 100 },
    readsGrams,
    linearScale: 0.5,
    hiddenScale: 0.25,
    biases: Array.from({ length: hidden }, (_, unit) => (isSilent ? 0 : unit / 10 - 0.7)),
    outputs: Array.from({ length: hidden }, (_, unit) => (unit % 2) - 0.4),
    bias,
  },
  rows: packed(Int8Array.from({ length: 2 ** bits * rowWeights }, (_, at) => (isSilent ? 0 : (at % 5) - 2))),
})

const thresholds = Object.fromEntries(families.map((family, at) => [family, at / 2])) as Record<Family, number>

const weights = (isSilent: boolean): InjectionWeights => ({
  wide: network(true, isSilent, -1),
  marksOnly: network(false, isSilent, -2),
  thresholds,
})

const judged = (model: InjectionModel, text: string, of: ReturnType<typeof read>): number => {
  model.read(text, windowsOf(text))
  return model.logOdds(0, of)
}

const read = (marks: readonly number[], family: Family = 'english') => ({ marks, family })

describe('InjectionModel', () => {
  it('gives the same odds for the same window, whatever it read before', () => {
    const model = new InjectionModel(weights(false))
    const first = judged(model, 'some text', read([0, 1]))
    judged(model, 'another and longer text', read([2]))
    expect(judged(model, 'some text', read([0, 1]))).toBe(first)
    expect(judged(new InjectionModel(weights(false)), 'some text', read([0, 1]))).toBe(first)
  })

  it.each(families)('is the biases of both networks less the threshold of %s where weights say nothing', family => {
    const odds = judged(new InjectionModel(weights(true)), 'some text', read([0], family))
    expect(odds).toBeCloseTo(mixed(-1, -2) - thresholds[family], 10)
  })

  it('has a network that judges marks whatever the words are', () => {
    const silentWide = { ...weights(false), wide: network(true, true, 0) }
    const model = new InjectionModel(silentWide)
    expect(judged(model, 'some text', read([0, 5]))).toBe(judged(model, 'other words', read([0, 5])))
    expect(judged(model, 'some text', read([0, 5]))).not.toBe(judged(model, 'some text', read([7, 9, 11])))
  })
})
