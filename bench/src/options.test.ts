import { expect, test } from 'vitest'
import { readOptions } from './options.ts'
import { UsageError } from './suite.ts'

const counts = { rounds: { default: 5, min: 1, max: 100 } }

test.each([
  { args: [], expected: { json: false, counts: { rounds: 5 } } },
  { args: ['--json', '--rounds', '7'], expected: { json: true, counts: { rounds: 7 } } },
])('$args', ({ args, expected }) => {
  expect(readOptions(args, counts)).toEqual(expected)
})

test.each([
  { args: ['--rounds', '0'], says: '--rounds must be a whole number from 1 to 100' },
  { args: ['--rounds', '101'], says: '--rounds must be a whole number from 1 to 100' },
  { args: ['--rounds', 'many'], says: 'not "many"' },
  { args: ['--rounds'], says: 'rounds' },
  { args: ['--laps', '3'], says: '--laps' },
  { args: ['extra'], says: 'extra' },
])('$args is refused and named', ({ args, says }) => {
  expect(() => readOptions(args, counts)).toThrow(UsageError)
  expect(() => readOptions(args, counts)).toThrow(says)
})
