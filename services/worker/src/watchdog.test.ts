import { expect, test } from 'vitest'
import { Watchdog } from './watchdog.ts'

const never = new Promise<never>(() => {})

test('nothing is owed: no round is stuck', () => {
  const watchdog = new Watchdog()
  expect([1, 2, 3].map(() => watchdog.countStuckRounds())).toEqual([0, 0, 0])
})

test('rounds in which nothing came of what is owed are counted, and an answer or an error ends the count', async () => {
  const watchdog = new Watchdog()
  void watchdog.owed(never)
  expect([1, 2, 3].map(() => watchdog.countStuckRounds())).toEqual([0, 1, 2])
  await watchdog.owed(Promise.resolve())
  expect(watchdog.countStuckRounds()).toBe(0)
  expect(watchdog.countStuckRounds()).toBe(1)
  await watchdog.owed(Promise.reject(new Error('refused'))).catch(() => {})
  expect(watchdog.countStuckRounds()).toBe(0)
})
