import { describe, expect, test } from 'vitest'
import { orderRange } from '../queues.ts'
import { fairPlace, place, type FairState } from './order.ts'

/** A queue that serves the lowest order first, equal ones as they came. */
const createQueue = () => {
  let state: FairState = { tags: new Map() }
  let jobs: { caller: string; order: number }[] = []
  return {
    add: (caller: string, count = 1): void => {
      for (let at = 0; at < count; at += 1) {
        const placed = place(state, caller, jobs[0]?.order)
        state = placed.state
        jobs = [...jobs, { caller, order: placed.order }].toSorted((a, b) => a.order - b.order)
      }
    },
    serve: (count: number): string => {
      const served = jobs.slice(0, count)
      jobs = jobs.slice(count)
      return served.map(job => job.caller).join('')
    },
    tags: () => state.tags,
  }
}

describe('fair order', () => {
  test('callers take turns, however many jobs one of them has', () => {
    const queue = createQueue()
    queue.add('a', 6)
    queue.add('b', 3)
    expect(queue.serve(9)).toBe('abababaaa')
  })

  test('a newcomer waits for one job of the caller that came first, not for its backlog', () => {
    const queue = createQueue()
    queue.add('a', 1000)
    queue.serve(500)
    queue.add('b')
    expect(queue.serve(2)).toBe('ab')
  })

  test('a caller that stays away saves nothing up', () => {
    const queue = createQueue()
    queue.add('b')
    queue.add('a', 100)
    queue.serve(51)
    queue.add('b', 3)
    expect(queue.serve(6)).toBe('ababab')
  })

  test('an empty queue forgets what was owed', () => {
    const queue = createQueue()
    queue.add('a', 3)
    queue.serve(3)
    queue.add('b', 2)
    queue.add('a', 2)
    expect(queue.serve(4)).toBe('baba')
  })

  test('callers that virtual time has passed are forgotten', () => {
    const queue = createQueue()
    queue.add('a')
    queue.add('b', 5)
    queue.serve(4)
    queue.add('c')
    expect([...queue.tags().keys()]).toEqual(['b', 'c'])
  })

  test('the first order stays free for jobs that come back', () => {
    expect(fairPlace({ head: undefined })).toEqual({ start: 0, tag: 1, order: orderRange.first + 1 })
  })

  test('beyond the last order it is first come, first served', () => {
    const { order } = fairPlace({ head: orderRange.last, tag: orderRange.last + 5 })
    expect(order).toBe(orderRange.last)
  })
})
