import { describe, expect, it } from 'vitest'
import { windowsOf } from './windows.ts'

describe('windowsOf', () => {
  it('leaves a short text whole', () => {
    expect(windowsOf('')).toEqual([{ start: 0, end: 0 }])
    expect(windowsOf('a'.repeat(600))).toEqual([{ start: 0, end: 600 }])
  })

  it.each([601, 1_200, 5_000, 100_001])(
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

  it('halves no surrogate pair', () => {
    const text = '😀'.repeat(2_000)
    for (const { start, end } of windowsOf(text)) expect(text.slice(start, end).isWellFormed()).toBe(true)
  })
})
