import type { ChatJob } from '@drover/shared/queues'
import { randomUUID } from 'node:crypto'

/** A job as an api makes it, for tests of what becomes of it. */
export const chatJob = (part: Partial<ChatJob> = {}): ChatJob => ({
  id: `r_${randomUUID()}`,
  model: 'm',
  request: { kind: 'chat', messages: [{ role: 'user', content: 'hi' }], options: {} },
  guard: { input: false, output: false },
  observed: [],
  caller: 'c',
  class: 'interactive',
  order: 1,
  enqueuedAt: Date.now(),
  deadlineAt: Date.now() + 60_000,
  excludedHosts: [],
  tried: [],
  moves: 0,
  triesBefore: 0,
  returns: 0,
  ...part,
})
