import { queues } from '@drover/shared/queues'
import { expect, test } from 'vitest'
import { groupSources, hostSource, Lines, type Sight } from './lines.ts'

const queue = queues.group('m')

const kept = (): Lines => {
  const lines = new Lines()
  lines.keep([...groupSources('m'), hostSource('h1', 'm')])
  return lines
}

const sight = (part: Partial<Sight>): Sight => ({
  waiting: 0,
  active: 0,
  head: undefined,
  headWaitMs: 0,
  served: false,
  ...part,
})

const line = (lines: Lines, nowMs: number) => lines.shared(nowMs).find(({ class: of }) => of === 'interactive')

test('each call is one more job, each fetch one less, an empty one says that none waits', () => {
  const lines = kept()
  for (const atMs of [10, 20, 30]) lines.called(queue, atMs)
  expect(line(lines, 40)).toMatchObject({ waiting: 3, headWaitMs: 30, unservedMs: 30 })
  const mark = lines.begin(queue, 40)
  lines.fetched(queue, 45)
  expect(line(lines, 50)).toMatchObject({ waiting: 2, headWaitMs: 30, unservedMs: 5 })
  lines.empty(queue, mark, 50)
  expect(lines.shared(60)).toEqual([])
})

test('jobs that were called for after a fetch or a look was sent are not in its answer', () => {
  const lines = kept()
  lines.called(queue, 0)
  const fetch = lines.begin(queue, 1)
  lines.called(queue, 2)
  lines.empty(queue, fetch, 3)
  expect(lines.waiting(queue)).toBe(1)
  const look = lines.mark(queue)
  lines.called(queue, 4)
  lines.looked(queue, sight({ waiting: 1, head: 'a' }), look, 5)
  expect(lines.waiting(queue)).toBe(2)
})

test('jobs that were fetched after a look was sent are not there any more', () => {
  const lines = kept()
  const look = lines.mark(queue)
  lines.begin(queue, 1)
  lines.looked(queue, sight({ waiting: 3, head: 'a' }), look, 2)
  expect(lines.waiting(queue)).toBe(2)
})

test('a look finds what nobody called for, and since when it waits', () => {
  const lines = kept()
  lines.looked(queue, sight({ waiting: 2, head: 'a', headWaitMs: 4_000 }), lines.mark(queue), 5_000)
  expect(line(lines, 6_000)).toMatchObject({ waiting: 2, headWaitMs: 5_000, unservedMs: 5_000 })
})

test('a line is unserved until one of its jobs was taken, also by another process, and not when one goes to its head', () => {
  const lines = kept()
  const look = (part: Partial<Sight>, nowMs: number): void => lines.looked(queue, sight(part), lines.mark(queue), nowMs)
  look({ waiting: 2, head: 'a', headWaitMs: 1_000 }, 1_000)
  look({ waiting: 3, head: 'new', headWaitMs: 10 }, 3_000)
  expect(line(lines, 3_000)).toMatchObject({ headWaitMs: 10, unservedMs: 3_000 })
  look({ waiting: 2, head: 'a', headWaitMs: 4_000, served: true }, 4_000)
  expect(line(lines, 4_500)).toMatchObject({ headWaitMs: 4_500, unservedMs: 500 })
})

test("a host's own queues are lines of that host alone", () => {
  const lines = kept()
  lines.called(queues.host('h1', 'm'), 0)
  lines.called(queues.host('h2', 'm'), 0)
  expect(lines.shared(1)).toEqual([])
  expect(lines.bound('h1', 1)).toMatchObject([{ model: 'm', waiting: 1 }])
  expect(lines.bound('h2', 1)).toEqual([])
  expect([...lines.boundHosts()]).toEqual(['h1'])
})

test('lines that are not kept any more are forgotten', () => {
  const lines = kept()
  lines.called(queue, 0)
  expect(lines.keep([hostSource('h1', 'm')])).toBe(false)
  expect(lines.shared(1)).toEqual([])
  expect(lines.keep(groupSources('m'))).toBe(true)
  expect(lines.waiting(queue)).toBe(0)
})
