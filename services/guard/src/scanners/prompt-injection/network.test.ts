import { describe, expect, it } from 'vitest'
import { markNames } from './marks.ts'
import { decodeNetwork, encodeNetwork, InjectionModel, type Network } from './network.ts'

const bits = 10
const hidden = 2

const network = (change: Partial<Network['header']> = {}): Network => ({
  header: {
    spec: { bits, chars: [3, 4], words: 1, windowChars: 100 },
    hidden,
    linearScale: 0.5,
    hiddenScale: 0.25,
    biases: [0.1, -0.2],
    outputs: [1, -1],
    bias: -1,
    threshold: 2,
    ...change,
  },
  linear: Int8Array.from({ length: 2 ** bits }, (_, at) => (at % 7) - 3),
  inner: Int8Array.from({ length: 2 ** bits * hidden }, (_, at) => (at % 5) - 2),
})

describe('a network file', () => {
  it('has all that was written', () => {
    expect(decodeNetwork(encodeNetwork(network()))).toEqual(network())
  })

  it('is refused if it is cut off or something else', () => {
    const file = encodeNetwork(network())
    expect(() => decodeNetwork(file.subarray(0, -1))).toThrow('not complete')
    expect(() => decodeNetwork(Buffer.from('DGM1....'))).toThrow('not a network')
  })
})

describe('InjectionModel', () => {
  it('gives the same odds for the same window, whatever it read before', () => {
    const model = new InjectionModel(network())
    const first = model.logOdds('some text', [0, 1])
    model.logOdds('another and longer text', [2])
    expect(model.logOdds('some text', [0, 1])).toBe(first)
    expect(new InjectionModel(network()).logOdds('some text', [0, 1])).toBe(first)
  })

  it('is the bias without the threshold where there is nothing to read', () => {
    const silent = {
      ...network({ biases: [0, 0] }),
      linear: new Int8Array(2 ** bits),
      inner: new Int8Array(2 ** bits * hidden),
    }
    expect(new InjectionModel(silent).logOdds('some text', [0])).toBe(-3)
  })

  it('knows each mark by a name of its own', () => {
    expect(new Set(markNames).size).toBe(markNames.length)
  })
})
