import { RE2JS } from 're2js'
import { describe, expect, test } from 'vitest'
import rules from './rules.json' with { type: 'json' }

describe.each(rules.rules)('$id', ({ shape, pattern, keywords }) => {
  test('compiles', () => {
    if (shape === 'window') expect(() => RE2JS.compile(pattern)).not.toThrow()
    else expect(() => new RegExp(pattern, 'dy')).not.toThrow()
  })

  test('has keywords in lower case', () => {
    expect(keywords.length).toBeGreaterThan(0)
    expect(keywords).toEqual(keywords.map(keyword => keyword.toLowerCase()))
  })

  test('repeats nothing without a bound, unless on the linear engine', () => {
    const unbounded = /(?<!\\)[*+](?![^[]*\])|\{\d+,\}/
    expect(shape !== 'window' && unbounded.test(pattern)).toBe(false)
  })
})

test('the licence is with them', () => {
  expect(rules.notice.join(' ')).toContain('MIT License')
})
