import { expect, test } from 'vitest'
import { WarmCaches } from './warm-caches.ts'

test('a conversation stays in its cache while no more others come than there are slots', () => {
  const caches = new WarmCaches()
  expect(caches.begin(undefined, 1)).toEqual([])
  expect(caches.end('a1', 2)).toEqual([])
  expect(caches.begin(undefined, 1)).toEqual([])
  expect(caches.end('b1', 2)).toEqual([])
  // A third takes the slot of the one that was run longest ago.
  expect(caches.begin(undefined, 1)).toEqual(['a1'])
  expect(caches.end('c1', 2)).toEqual([])
})

test('its next turn takes no cache from others, and makes it the last to go', () => {
  const caches = new WarmCaches()
  for (const digest of ['a1', 'b1']) {
    caches.begin(undefined, 1)
    caches.end(digest, 2)
  }
  expect(caches.begin('a1', 1)).toEqual([])
  expect(caches.end('a2', 2)).toEqual([])
  expect(caches.begin(undefined, 1)).toEqual(['b1'])
})

test('a turn that finds its slot taken counts as a new conversation', () => {
  const caches = new WarmCaches()
  caches.begin(undefined, 0)
  caches.end('a1', 1)
  expect(caches.begin('gone', 0)).toEqual(['a1'])
})

test('a model that was unloaded keeps nothing', () => {
  const caches = new WarmCaches()
  caches.begin(undefined, 1)
  caches.end('a1', 2)
  expect(caches.clear()).toEqual(['a1'])
  expect(caches.clear()).toEqual([])
})
