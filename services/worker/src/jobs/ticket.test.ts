import type { ChatJob } from '@drover/shared/queues'
import { expect, test } from 'vitest'
import { readTicket } from './ticket.ts'

const job = (part: Partial<ChatJob>): ChatJob => ({
  id: 'r_1',
  model: 'm',
  request: { kind: 'chat', messages: [{ role: 'user', content: 'hi' }], options: {} },
  guard: { input: false, output: false },
  observed: [],
  caller: 'c',
  class: 'interactive',
  order: 1,
  enqueuedAt: 0,
  deadlineAt: 1,
  excludedHosts: [],
  tried: [],
  moves: 0,
  triesBefore: 0,
  returns: 0,
  ...part,
})

test.each([
  ['a first start', {}, 1, { tries: 1, attempt: 1 }],
  ['a second start on the same queue', {}, 2, { tries: 2, attempt: 2 }],
  ['a start after two that were given back', { returns: 2 }, 3, { tries: 1, attempt: 3 }],
  ['a first start on the second queue', { moves: 1, triesBefore: 1 }, 1, { tries: 2, attempt: 1_000_001 }],
  ['a start on a queue it comes back to', { moves: 2, triesBefore: 2 }, 1, { tries: 3, attempt: 2_000_001 }],
])('%s', (_name, part, attemptsStarted, expected) => {
  expect(readTicket({ data: job(part), attemptsStarted })).toMatchObject(expected)
})

test('what is no chat job has no ticket', () => {
  expect(readTicket({ data: { id: 7 }, attemptsStarted: 1 })).toBeUndefined()
})
