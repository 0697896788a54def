import { describe, expect, it } from 'vitest'
import { shapeOf } from './shape.ts'

const shape = (text: string): string => shapeOf(text).text

describe('shapeOf', () => {
  it.each([
    ['names', 'total = price * count;', 'sum = width * height;'],
    ['camel case', 'const rowCount = getRows();', 'const maxAge = findAll();'],
    ['numbers', 'x[10] += 3;', 'y[7] += 1204;'],
    ['the text of strings', 'say("one two")', 'ask("and a whole sentence")'],
  ])('is the same whatever the %s are', (_, one, other) => {
    expect(shape(one)).toBe(shape(other))
  })

  it.each([
    ['keywords', 'return x', 'reason x'],
    ['calls', 'f(x)', 'f (x)'],
    ['indentation', '    x', 'x'],
    ['line ends', 'a\nb', 'a b'],
    ['capitals', 'SELECT a', 'select a'],
  ])('tells %s apart', (_, one, other) => {
    expect(shape(one)).not.toBe(shape(other))
  })

  it.each([
    ['a sentence', 'The ferry (at nine) is late, again: "sorry", he said.'],
    ['another script', '渡轮九点出发，需要一个小时。'],
    ['a list', '- tea\n- milk\n1. first\n2) second'],
    ['formulas', 'Here $E = mc^2$, \\(x\\) and \\[\\frac{1}{2}\\] are formulas.'],
    ['an address', 'See https://example.org/a?b=c for more.'],
  ])('has no sign of code in %s', (_, text) => {
    expect(shapeOf(text).signs).toBe(0)
  })

  it.each(['a = b', 'f(x)', 'snake_case', 'camelCase', '<div>', '#include', '--flag x --other', 'ls', 'x: 1', '{'])(
    'has a sign of code in %j',
    text => {
      expect(shapeOf(text).signs).toBeGreaterThan(0)
    },
  )

  it('takes no first word of what is in the middle of a line for a command', () => {
    expect(shapeOf('find it there', true).signs).toBe(1)
    expect(shapeOf('find it there', false).signs).toBe(0)
  })
})
