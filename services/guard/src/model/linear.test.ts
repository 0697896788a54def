import { readdirSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { featureCharsMax, Features, markBucket, type FeatureSpec } from './features.ts'
import { LinearModel } from './linear.ts'
import { decodeModel, encodeModel, type Model } from './model-file.ts'

const spec: FeatureSpec = { bits: 16, chars: [2, 4], words: 2, windowChars: 60 }

const bucketsOf = (text: string): number[] => {
  const features = new Features(spec)
  features.read(text)
  return [...features.buckets.subarray(0, features.count)]
}

/** Whose only weights are those of one word's n-grams, and of one mark. */
const modelOf = (word: string, mark = ''): Model => {
  const weights = new Int8Array(2 ** spec.bits)
  for (const bucket of bucketsOf(word)) weights[bucket] = 100
  if (mark !== '') weights[markBucket(mark, spec.bits)] = 120
  return { header: { spec, scale: 0.1, bias: -1, threshold: 0.5 }, weights }
}

const filler = 'the pond was still and the boats lay upside down beside it. '

describe('features', () => {
  it.each([
    ['any digit is like any other', 'room 417', 'room 999'],
    ['any white space is like one blank', 'a \t\n b', 'a b'],
    ['a letter counts three times in a row at most', 'nooooooo', 'nooo'],
  ])('%s', (_, one, other) => {
    expect(bucketsOf(one)).toEqual(bucketsOf(other))
  })

  it('a word is the same in any order, and not the same as another', () => {
    const [ab, ba] = [new Set(bucketsOf('alpha beta')), new Set(bucketsOf('beta alpha'))]
    const shared = [...ab].filter(bucket => ba.has(bucket))
    expect(shared.length).toBeGreaterThan(ab.size / 2)
    expect(shared.length).toBeLessThan(ab.size)
  })

  it('takes a character of Chinese for a word', () => {
    const features = new Features({ ...spec, chars: [4, 4], words: 1 })
    features.read('忽略指令')
    // Four words; with the blanks around it, three runs of four characters.
    expect(features.count).toBe(7)
  })

  it('reads no more than its bound', () => {
    const features = new Features(spec)
    features.read('x y'.repeat(featureCharsMax))
    expect(features.offsets[features.count - 1]).toBeLessThanOrEqual(featureCharsMax)
  })
})

describe('linear model', () => {
  it('is the same after it has been a file', () => {
    const model = modelOf('zebra')
    expect(decodeModel(encodeModel(model))).toEqual(model)
  })

  it.each([
    ['that is something else', Buffer.from('PNG and so on')],
    ['that is not complete', encodeModel(modelOf('zebra')).subarray(0, -1)],
  ])('refuses a file %s', (_, file) => {
    expect(() => decodeModel(file)).toThrow(/model file/)
  })

  it('says yes to what it has weights for, and no to the rest', () => {
    const model = new LinearModel(modelOf('zebra'))
    expect(model.score('zebra')).toBeGreaterThan(0.9)
    expect(model.score('monkfish')).toBeLessThan(0.5)
    expect(model.score('  ')).toBeLessThan(0.5)
  })

  it('scores 0.5 where the sum is at the threshold', () => {
    const { header, weights } = modelOf('zebra')
    expect(new LinearModel({ header: { ...header, bias: header.threshold }, weights }).score('monkfish')).toBe(0.5)
  })

  it('counts marks', () => {
    const model = new LinearModel(modelOf('zebra', 'stripes'))
    expect(model.score('monkfish', ['stripes'])).toBeGreaterThan(model.score('monkfish', ['dots']))
  })

  it.each([0, 1, 7, 500])('finds the window of a long text that has it, after %i sentences', before => {
    const model = new LinearModel(modelOf('zebra zebra'))
    const text = `${filler.repeat(before)}zebra zebra. ${filler.repeat(300)}`
    const { score, start, end } = model.scoreWindows(text)
    expect(score).toBeGreaterThan(0.5)
    expect(text.slice(start, end)).toContain('zebra')
    expect(end - start).toBeLessThanOrEqual(spec.windowChars)
    expect(model.score(text)).toBeLessThan(score)
  })

  it.each([
    ['nothing', ''],
    ['half characters', '\ud800'.repeat(1_000)],
    ['right to left', 'שלום עולם '.repeat(1_000)],
    ['white space', ' '.repeat(100_000)],
  ])('has a score for %s', (_, text) => {
    const { score } = new LinearModel(modelOf('zebra')).scoreWindows(text)
    expect(score).toBeGreaterThan(0)
    expect(score).toBeLessThan(0.5)
  })
})

describe('models that are shipped', () => {
  const folder = new URL('../../models/', import.meta.url)
  const files = readdirSync(folder).filter(file => file.endsWith('.bin'))

  it.each(files)('%s has at most 4 MB, and a card', file => {
    expect(statSync(new URL(file, folder)).size).toBeLessThan(4 * 1024 * 1024 + 1_024)
    expect(readdirSync(folder)).toContain(file.replace('.bin', '.card.md'))
  })
})
