import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Found } from '../scanner.ts'
import { CodeDetector } from './code-detector.ts'
import { allowedOf } from './languages.ts'

const run = (text: string, cuts: readonly number[], allow: readonly string[] = []) => {
  const detector = new CodeDetector(allowedOf(allow))
  const found: Found[] = []
  const settledAt: number[] = []
  let from = 0
  for (const to of [...cuts, text.length]) {
    const decided = detector.push(text.slice(from, to))
    found.push(...decided.found)
    settledAt.push(decided.settled)
    from = to
  }
  const last = detector.end()
  return { found: [...found, ...last.found], settledAt, end: last.settled }
}

const everyChars = (text: string, size: number): number[] =>
  Array.from({ length: Math.floor(Math.max(0, text.length - 1) / size) }, (_, index) => (index + 1) * size)

const line = fc.constantFrom(
  'The ferry leaves at nine.\n',
  'Run `npm install left-pad` first. ',
  '\n',
  '```\n',
  '```python\n',
  '```json\n',
  '~~~\n',
  'import os\n',
  '    return x[1:]\n',
  '{"a": 1}\n',
  'name: value\n',
  'x = 5\n',
  'SELECT * FROM t;\n',
  '企鹅不能飞。',
  '`` a ` b',
  `${'word '.repeat(80)}\n`,
)

describe('CodeDetector', () => {
  it('finds the same, however the text is cut into chunks', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 14 }).map(lines => lines.join('')),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.constantFrom<string[]>([], ['json'], ['python', 'sql']),
        (text, raw, allow) => {
          const cuts = [...new Set(raw.map(each => each % (text.length + 1)))].sort((a, b) => a - b)
          expect(run(text, cuts, allow).found).toEqual(run(text, [], allow).found)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('never finds anything in what it had settled, and settles everything in the end', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 14 }).map(lines => lines.join('')),
        fc.constantFrom<string[]>([], ['json']),
        (text, allow) => {
          const detector = new CodeDetector(allowedOf(allow))
          let settled = 0
          for (const character of text) {
            const decided = detector.push(character)
            for (const { start } of decided.found) expect(start).toBeGreaterThanOrEqual(settled)
            expect(decided.settled).toBeGreaterThanOrEqual(settled)
            settled = decided.settled
          }
          const last = detector.end()
          for (const { start } of last.found) expect(start).toBeGreaterThanOrEqual(settled)
          expect(last.settled).toBe(text.length)
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each([
    ['prose without a line end', 'The ferry leaves at nine and takes an hour. '.repeat(500), 320],
    ['one endless word', 'a'.repeat(20_000), 320],
    ['prose in a fence', `\`\`\`\n${'The ferry leaves at nine.\n'.repeat(1_000)}`, 4_500],
    ['lines that could be code', 'name: value\n'.repeat(1_000), 1_000],
  ])('holds no more than it must of %s', (_, text, heldMax) => {
    const cuts = everyChars(text, 10)
    const { settledAt } = run(text, cuts)
    const held = settledAt.map((settled, index) => (cuts[index] ?? text.length) - settled)
    expect(Math.max(...held)).toBeLessThanOrEqual(heldMax)
  })

  it('lets go the lines of an allowed fence as they come', () => {
    const text = '```json\n{\n  "a": 1,\n'
    const { settledAt } = run(text, [8, 10], ['json'])
    expect(settledAt).toEqual([8, 10, text.length])
  })

  it('tells that a fence is code with its first line of code', () => {
    const detector = new CodeDetector(allowedOf([]))
    expect(detector.push('Here:\n\n```\n').found).toEqual([])
    const { found, settled } = detector.push('const a = f(b);\n')
    expect(found).toMatchObject([{ rule: 'fence', start: 7, end: 27 }])
    expect(settled).toBe(27)
  })

  it.each([
    ['backticks', '`', 1],
    ['backticks and blanks', '` ', 1],
    ['fences', '```\n', 1],
    ['line ends', '\n', 1],
    ['brackets', '([{<', 1],
    ['quotes', '"\'', 1],
    ['dollars', '$a ', 1],
    ['TeX', '\\(\\[', 1],
    ['keys', 'name: value\n', 1],
    ['code', 'x = f(y);\n', 1],
    ['hyphens', ' --a', 1],
    ['half surrogates', '\ud800', 1],
    ['invisible characters', '\u200b', 1],
  ])('takes time linear in the length of a megabyte of %s', (_, unit) => {
    const timed = (chars: number): number => {
      const text = unit.repeat(Math.ceil(chars / unit.length))
      const from = performance.now()
      run(text, [])
      return performance.now() - from
    }
    timed(100_000)
    // About 5 to 50 ms on one free core.
    expect(timed(1_000_000)).toBeLessThan(1_000)
  })
})
