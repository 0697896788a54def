import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { Stop } from './stop.ts'

test('the first reason counts', () => {
  using stop = new Stop<'time' | 'left'>()
  expect(stop.reason).toBeUndefined()
  stop.now('left')
  stop.now('time')
  expect(stop.reason).toBe('left')
  expect(stop.signal.aborted).toBe(true)
})

test('it stops with the signals it follows and when its time is over, past times included', async () => {
  const other = new AbortController()
  using follows = new Stop<'told'>().on(other.signal, 'told')
  other.abort()
  expect(follows.reason).toBe('told')
  using late = new Stop<'told'>().on(other.signal, 'told')
  expect(late.reason).toBe('told')
  using over = new Stop<'time'>().after(-5, 'time')
  await expect.poll(() => over.reason).toBe('time')
})

test('nothing of it outlives the work', () => {
  const other = new AbortController()
  const stop = new Stop<'told' | 'time'>().on(other.signal, 'told').after(60_000, 'time')
  stop[Symbol.dispose]()
  expect(getEventListeners(other.signal, 'abort')).toHaveLength(0)
  expect(process.getActiveResourcesInfo().filter(name => name === 'Timeout').length).toBeLessThan(5)
  other.abort()
  expect(stop.reason).toBeUndefined()
})
