import { describe, expect, it } from 'vitest'
import { families, type Family } from './family.ts'
import { decodeWeights, encodeWeights, type InjectionWeights } from './model-file.ts'
import { hidden, packed, rowWeights, type Network } from './network.ts'

const network = (bits: number, readsGrams: boolean): Network => ({
  header: {
    spec: { bits, chars: [2, 4], words: 1, windowChars: 100 },
    readsGrams,
    linearScale: 0.5,
    hiddenScale: 0.25,
    biases: Array.from({ length: hidden }, (_, at) => at),
    outputs: Array.from({ length: hidden }, () => 1),
    bias: -1,
  },
  rows: packed(Int8Array.from({ length: 2 ** bits * rowWeights }, (_, at) => (at % 5) - 2)),
})

const weights: InjectionWeights = {
  wide: network(8, true),
  marksOnly: network(6, false),
  thresholds: Object.fromEntries(families.map((family, at) => [family, at / 2])) as Record<Family, number>,
}

describe('a file of injection weights', () => {
  it('has all that was written', () => {
    expect(decodeWeights(encodeWeights(weights))).toEqual(weights)
  })

  it('is refused if it is cut off or something else', () => {
    const file = encodeWeights(weights)
    expect(() => decodeWeights(file.subarray(0, -1))).toThrow()
    expect(() => decodeWeights(Buffer.from('DGM1....'))).toThrow('not a file of injection weights')
  })
})
