import type { StreamEvent } from '@drover/shared/events'
import { decodeEntry, parseRangeItem } from '@drover/shared/log/entry'
import { LogScripts } from '@drover/shared/log/scripts'
import { triesMax, type ChatJob } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys } from '@drover/shared/redis/keys'
import { Stop } from '@drover/shared/stop'
import { randomUUID } from 'node:crypto'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { HostFailure } from '../services/worker/src/hosts/host-failure.ts'
import { runChat, type ChatDeps, type Outcome, type StopReason } from '../services/worker/src/jobs/chat.ts'
import type { Ticket } from '../services/worker/src/jobs/ticket.ts'
import { chatJob } from './support/chat-job.ts'

const redisUrl = inject('redisUrl')

const done: StreamEvent = {
  type: 'end',
  reason: 'stop',
  usage: { promptTokens: 1, completionTokens: 1 },
  timings: { totalNs: 1, loadNs: 0, promptEvalNs: 0, evalNs: 1 },
}

/** One start of a job by a worker of the test's own. */
const start = () => {
  const redis = createRedis(redisUrl, 'worker')
  onTestFinished(() => redis.disconnect())
  const keys = createKeys(`t${randomUUID().slice(0, 8)}`)
  const scripts = new LogScripts(redis, keys)
  const asked: string[] = []
  const run = async (part: Partial<ChatJob>, deps: Partial<ChatDeps> = {}, ticket: Partial<Ticket> = {}) => {
    const chat = chatJob(part)
    using stop = new Stop<StopReason>()
    const all: ChatDeps = {
      redis,
      keys,
      scripts,
      workerId: 'w_1',
      hostId: 'h1',
      async *generate() {
        asked.push(chat.id)
        yield [{ type: 'text', text: 'hi' }]
        yield [done]
      },
      enqueueGuard: async () => {},
      fallback: () => undefined,
      unableHosts: async () => undefined,
      ...deps,
    }
    const outcome: Outcome = await runChat({ job: chat, tries: 1, attempt: 1, ...ticket }, all, stop)
    const items = await redis.xrange(keys.log(chat.id, 'out'), '-', '+')
    return { outcome, events: items.flatMap(item => decodeEntry(parseRangeItem(item)).events) }
  }
  return { redis, keys, scripts, asked, run }
}

describe('a job whose client left', () => {
  test.each([
    ['that waited for a slot', { enqueuedAt: Date.now() - 100 }, {}],
    ['that waited by a clock that is ahead of ours', { enqueuedAt: Date.now() + 60_000 }, {}],
    ['that was moved to a host', { moves: 1, boundTo: 'h1' }, { attempt: 1_000_001 }],
    ['that was bound to a host first', { enqueuedAt: Date.now() - 100, boundTo: 'h1' }, {}],
  ] as const)('%s never reaches a host', async (_name, part, ticket) => {
    const { scripts, asked, run } = start()
    const id = `r_${randomUUID()}`
    await scripts.close(id, ['raw', 'out'], { type: 'cancelled' })
    const { outcome, events } = await run({ ...part, id }, {}, ticket)
    expect(outcome).toEqual({ kind: 'finished', host: 'untouched' })
    expect(events).toEqual([{ type: 'cancelled' }])
    expect(asked).toEqual([])
  })
})

test('a job whose deadline passed never reaches a host', async () => {
  const { asked, run } = start()
  const { events } = await run({ enqueuedAt: Date.now() - 5_000, deadlineAt: Date.now() - 1 })
  expect(events).toMatchObject([{ type: 'error', code: 'deadline_exceeded', params: { waitedS: 5 } }])
  expect(asked).toEqual([])
})

test.each([
  ['comes straight to its slot', 0],
  ['has waited', 1_000],
])('a job that %s runs, and its log begins with the claim', async (_name, waitedMs) => {
  const { run } = start()
  const { outcome, events } = await run({ enqueuedAt: Date.now() - waitedMs })
  expect(outcome).toEqual({ kind: 'finished', host: 'answered' })
  expect(events).toMatchObject([{ type: 'start', host: 'h1' }, { type: 'text' }, { type: 'end' }])
})

describe('a model that cannot answer', () => {
  const tooLong: ChatDeps['generate'] = () => {
    throw new HostFailure('rejected', 'request (9 tokens) exceeds the available context size')
  }

  test('leaves the answer to another when the prompt is too long for it', async () => {
    const { run } = start()
    const fallback: ChatDeps['fallback'] = (_job, cause) => (cause === 'context_length_exceeded' ? 'long' : undefined)
    const { outcome, events } = await run({}, { generate: tooLong, fallback })
    expect(outcome).toEqual({ kind: 'fallback', model: 'long' })
    expect(events.map(({ type }) => type)).toEqual(['start', 'released'])
  })

  const unable: ChatDeps['generate'] = () => {
    throw new HostFailure('unsupported', 'm does not support tools')
  }

  test('leaves the answer to another host, where there is one that was not tried', async () => {
    const { run } = start()
    const { outcome, events } = await run({}, { generate: unable, unableHosts: async () => ['h1', 'h2'] })
    expect(outcome).toEqual({ kind: 'unsupported', unable: ['h1', 'h2'] })
    expect(events.map(({ type }) => type)).toEqual(['start', 'released'])
  })

  test.each([
    ['no other host', { unableHosts: async () => undefined }, 1],
    ['no try left', { unableHosts: async () => ['h1'] }, triesMax],
  ])("says what it cannot do, in the host's words, when there is %s", async (_name, deps, tries) => {
    const { run } = start()
    const { outcome, events } = await run({}, { generate: unable, ...deps }, { tries })
    expect(outcome).toEqual({ kind: 'finished', host: 'answered' })
    const params = expect.objectContaining({ detail: 'm does not support tools' })
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'model_unsupported', params })
  })

  test('says so under the name that the client gave, when there is no other', async () => {
    const { run } = start()
    const { outcome, events } = await run({ model: 'long', tried: ['short'] }, { generate: tooLong })
    expect(outcome).toEqual({ kind: 'finished', host: 'answered' })
    expect(events.at(-1)).toEqual({ type: 'error', code: 'context_length_exceeded', params: { model: 'short' } })
  })

  test('leaves the answer to another when all of its hosts failed', async () => {
    const { asked, run } = start()
    const fallback: ChatDeps['fallback'] = (_job, cause) => (cause === 'upstream_failed' ? 'other' : undefined)
    const { outcome, events } = await run({}, { fallback }, { tries: triesMax + 1, attempt: triesMax + 1 })
    expect(outcome).toEqual({ kind: 'fallback', model: 'other' })
    expect(events).toEqual([])
    expect(asked).toEqual([])
  })
})
