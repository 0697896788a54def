import { expect, test } from 'vitest'
import { fairShare } from './fair-share.ts'

test.each([
  ['alone, it has all', ['a'], [null, null, null], { a: 3 }],
  ['nobody has two more than another', ['a', 'b', 'c'], ['a', 'a', 'b', 'b'], { a: 2, b: 1, c: 1 }],
  ['who has more keeps the rest', ['a', 'b', 'c'], ['c', 'c', 'c', 'b'], { a: 1, b: 1, c: 2 }],
  ['more workers than hosts', ['a', 'b', 'c'], ['b', null], { a: 1, b: 1, c: 0 }],
  ['what a dead worker still has is nobody’s', ['a', 'b'], ['x', 'x', 'x', 'b'], { a: 2, b: 2 }],
] as const)('%s', (_name, living, owners, shares) => {
  expect(Object.fromEntries(living.map(id => [id, fairShare(id, living, owners)]))).toEqual(shares)
})

test('the shares are all of the hosts, however many workers there are', () => {
  for (let hosts = 1; hosts < 12; hosts += 1)
    for (let workers = 1; workers < 8; workers += 1) {
      const living = Array.from({ length: workers }, (_, index) => `w${index}`)
      const owners = Array.from({ length: hosts }, (_, index) => living[(index * index) % workers] ?? null)
      const shares = living.map(id => fairShare(id, living, owners))
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(hosts)
    }
})
