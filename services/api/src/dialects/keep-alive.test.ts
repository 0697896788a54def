import { expect, test } from 'vitest'
import { keepAlive } from './keep-alive.ts'

test.each<[unknown, number]>([
  ['5m', 300],
  ['1h30m', 5_400],
  ['1h2m3s', 3_723],
  ['1.5h', 5_400],
  ['.5s', 0.5],
  ['+10s', 10],
  ['-1m', -60],
  ['300ms', 0.3],
  ['1s500ms', 1.5],
  ['2500us', 0.0025],
  ['2500µs', 0.0025],
  ['2500μs', 0.0025],
  ['1000000ns', 0.001],
  ['0', 0],
  ['-1', -1],
  ['90', 90],
  [0, 0],
  [-1, -1],
  [1.5, 1.5],
  [10n ** 20n, 1e20],
])('%s is %s seconds', (given, seconds) => {
  expect(keepAlive.parse(given)).toBeCloseTo(seconds, 9)
})

test.each<unknown>([
  '',
  ' 5m',
  '5 m',
  '5M',
  'm',
  '1d',
  '--1',
  '1h-30m',
  '5m5',
  '1e3',
  '1e3s',
  'Infinity',
  '.',
  '.s',
  '1'.repeat(65),
  true,
  null,
  [],
  {},
  NaN,
])('%j is no time', given => {
  expect(keepAlive.safeParse(given).error?.issues[0]?.message).toBe(
    'must be a number of seconds or a duration like "5m" or "1h30m"; negative means for ever',
  )
})
