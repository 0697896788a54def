import type { StreamEvent } from '@drover/shared/events'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { skipReleased } from './skip-released.ts'

const text = (value: string): StreamEvent => ({ type: 'text', text: value })
const start: StreamEvent = { type: 'start', host: 'h', by: 'w', tries: 1, queuedMs: 0 }

test('whatever was released, and however it is cut the second time, nothing is lost or doubled', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.array(fc.nat({ max: 5 })), (whole, at, cuts) => {
      const released = whole.slice(0, at % (whole.length + 1))
      const skip = skipReleased([start, text(released)])
      const again: StreamEvent[] = [start]
      let from = 0
      for (const size of cuts) {
        again.push(text(whole.slice(from, from + size)))
        from += size
      }
      again.push(text(whole.slice(from)))
      const rest = skip(again)
      expect(rest.some(event => event.type === 'start')).toBe(false)
      expect(released + rest.map(event => (event.type === 'text' ? event.text : '')).join('')).toBe(whole)
    }),
  )
})

test('reasoning and text are counted apart, and an ending always passes', () => {
  const skip = skipReleased([{ type: 'reasoning', text: 'ab' }, text('c')])
  expect(skip([{ type: 'reasoning', text: 'abc' }, text('cd'), { type: 'cancelled' }])).toEqual([
    { type: 'reasoning', text: 'c' },
    text('d'),
    { type: 'cancelled' },
  ])
})
