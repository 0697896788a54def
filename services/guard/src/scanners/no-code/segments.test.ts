import { describe, expect, it } from 'vitest'
import { segmentCharsMax, segmentEnd, segmentsOf } from './segments.ts'

const sentence = 'The ferry leaves at nine and takes an hour, if the sea is calm. '

describe('segmentEnd', () => {
  it('ends a segment with its line', () => {
    expect(segmentsOf('one\n\ntwo')).toEqual(['one\n', '\n', 'two'])
  })

  it('ends one in a long line with a sentence', () => {
    expect(segmentsOf(sentence.repeat(3))).toEqual([sentence.repeat(2), sentence])
  })

  it('ends one of a script without blanks with a sentence', () => {
    const text = '渡轮九点出发。'.repeat(30)
    expect(segmentsOf(text).every(each => each.endsWith('。'))).toBe(true)
  })

  it('ends one without sentences after a bounded number of characters', () => {
    expect(segmentsOf('a'.repeat(700)).map(each => each.length)).toEqual([segmentCharsMax, segmentCharsMax, 60])
  })

  it('is open until its end has come', () => {
    expect(segmentEnd('no end yet', 0, 0)).toBe(-1)
  })
})
