import { describe, expect, it } from 'vitest'
import { windowsOf } from './windows.ts'

describe('windowsOf', () => {
  it('leaves a short text whole', () => {
    expect(windowsOf('')).toEqual([{ start: 0, end: 0 }])
    expect(windowsOf('a'.repeat(300))).toEqual([{ start: 0, end: 300 }])
  })

  it.each([301, 601, 1_200, 5_000, 100_001])(
    'covers a text of %i characters, and any command of 70 in one window',
    length => {
      const text = 'some words '.repeat(10_000).slice(0, length)
      const windows = windowsOf(text)
      for (let start = 0; start + 70 <= length; start += 7) {
        expect(windows.some(window => window.start <= start && window.end >= start + 70)).toBe(true)
      }
      expect(windows.at(-1)?.end).toBe(length)
    },
  )

  it('are half as long where a character is a syllable or a word', () => {
    expect(windowsOf('字'.repeat(150))).toHaveLength(1)
    expect(windowsOf('字'.repeat(400)).map(({ start, end }) => end - start)).toEqual([120, 120, 120, 120, 120])
    expect(windowsOf('글자'.repeat(100)).at(-1)).toEqual({ start: 80, end: 200 })
  })

  it('halves no surrogate pair', () => {
    const text = '😀'.repeat(2_000)
    for (const { start, end } of windowsOf(text)) expect(text.slice(start, end).isWellFormed()).toBe(true)
  })
})
