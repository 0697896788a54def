import type { StreamEvent } from '@drover/shared/events'
import { formatId, type EntryId } from '@drover/shared/log/entry'
import { LogHub } from '@drover/shared/log/hub'
import { readLog } from '@drover/shared/log/reader'
import { LogScripts, type AppendAnswer, type AppendRequest } from '@drover/shared/log/scripts'
import { LogWriter } from '@drover/shared/log/writer'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys } from '@drover/shared/redis/keys'
import * as fc from 'fast-check'
import { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

const keys = createKeys(`t${randomUUID().slice(0, 8)}`)
let redis: Redis
let scripts: LogScripts

beforeAll(() => {
  redis = new Redis(inject('redisUrl'))
  scripts = new LogScripts(redis, keys)
})
afterAll(async () => {
  const left = await redis.keys(`${keys.prefix}:*`)
  if (left.length > 0) await redis.unlink(...left)
  redis.disconnect()
})

/** What the append script must answer, written down a second time without Redis. */
class ReferenceLog {
  entries: { id: EntryId; terminal: boolean }[] = []

  append(request: AppendRequest): AppendAnswer['kind'] {
    const last = this.entries.at(-1)
    const { id } = request
    if (last !== undefined) {
      if (last.id.attempt > id.attempt) return 'fenced'
      if (last.id.attempt === id.attempt && id.seq <= last.id.seq) return 'dup'
      if (last.terminal) return 'closed'
    }
    const continues =
      last === undefined
        ? id.seq === 1
        : last.id.attempt === id.attempt
          ? id.seq === last.id.seq + 1
          : id.seq === 1 && (request.healing || formatId(request.after ?? { attempt: 0, seq: 0 }) === formatId(last.id))
    if (!continues) return 'gap'
    this.entries.push({ id, terminal: request.terminal })
    return 'ok'
  }
}

type Step =
  | { kind: 'append'; attempt: number; skip: number; terminal: boolean; healing: boolean }
  | { kind: 'resend' }
  | { kind: 'keep' }
  | { kind: 'rewind' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      attempt: fc.integer({ min: 1, max: 3 }),
      skip: fc.constantFrom(0, 0, 0, 0, 1, -1),
      terminal: fc.constantFrom(false, false, false, false, true),
      healing: fc.constantFrom(false, false, true),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'resend' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'keep' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'rewind' as const }) },
)

describe('the append script', () => {
  test('answers as the reference log does, over re-sends, holes, three writers and lost tails', async () => {
    let runs = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        const logKey = keys.log(`model${(runs += 1)}`, 'out')
        let reference = new ReferenceLog()
        const seqs = new Map<number, number>()
        let kept: { dump: Buffer | null; entries: ReferenceLog['entries'] } = { dump: null, entries: [] }
        let previous: AppendRequest | undefined
        for (const next of steps) {
          if (next.kind === 'keep') kept = { dump: await redis.dumpBuffer(logKey), entries: [...reference.entries] }
          else if (next.kind === 'rewind') {
            await redis.unlink(logKey)
            if (kept.dump !== null) await redis.restore(logKey, 0, kept.dump)
            reference = new ReferenceLog()
            reference.entries = [...kept.entries]
          } else {
            const request = next.kind === 'resend' ? previous : appendOf(next, seqs, reference)
            if (request === undefined) continue
            previous = request
            const expected = reference.append(request)
            expect((await scripts.append(logKey, request)).kind).toBe(expected)
            if (expected === 'ok' || expected === 'dup') seqs.set(request.id.attempt, request.id.seq)
          }
        }
        const stored = (await redis.xrange(logKey, '-', '+')).map(([id]) => id)
        expect(stored).toEqual(reference.entries.map(entry => formatId(entry.id)))
        expect(reference.entries.filter(entry => entry.terminal).length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 400 },
    )
  })

  test.each([
    [[1, 1], 'ok'],
    [[1, 1], 'dup'],
    [[1, 3], 'gap'],
    [[1, 2], 'ok'],
    [[2, 1], 'ok'],
    [[1, 3], 'fenced'],
    [[2, 2, 'end'], 'ok'],
    [[2, 2, 'end'], 'dup'],
    [[2, 3], 'closed'],
    [[3, 1], 'closed'],
  ] as const)('the sequence of the design: %j → %s', async ([attempt, seq, end], expected) => {
    const after = attempt === 2 && seq === 1 ? { attempt: 1, seq: 2 } : undefined
    const answer = await scripts.append(keys.log('design', 'out'), {
      id: { attempt, seq },
      after,
      payload: '[]',
      terminal: end === 'end',
      healing: false,
    })
    expect(answer.kind).toBe(expected)
  })
})

const appendOf = (
  next: Extract<Step, { kind: 'append' }>,
  seqs: Map<number, number>,
  log: ReferenceLog,
): AppendRequest => {
  const seq = Math.max(1, (seqs.get(next.attempt) ?? 0) + 1 + next.skip)
  return {
    id: { attempt: next.attempt, seq },
    after: seq === 1 ? (log.entries.at(-1)?.id ?? { attempt: 0, seq: 0 }) : undefined,
    payload: '[]',
    terminal: next.terminal,
    healing: next.healing,
  }
}

describe('writer and reader', () => {
  /** Loses writes the way a restarted Redis does: the key becomes what it was a moment ago. */
  const rewinder = (logKey: string) => {
    let dump: Buffer | null = null
    return {
      keep: async () => (dump = await redis.dumpBuffer(logKey)),
      rewind: async () => {
        // At once, as a restart is: nobody writes in between.
        const past = redis.multi().unlink(logKey, keys.listeners(logKey))
        await (dump === null ? past : past.restore(logKey, 600_000, dump)).exec()
      },
    }
  }

  const openHub = async (stack: AsyncDisposableStack) => {
    const commands = stack.adopt(createRedis(inject('redisUrl'), 'worker'), client => client.disconnect())
    const subscriber = stack.adopt(createRedis(inject('redisUrl'), 'subscriber'), client => client.disconnect())
    return {
      hub: stack.use(await LogHub.open(randomUUID(), keys, new LogScripts(commands, keys), subscriber)),
      subscriber,
    }
  }

  test('a reader gets every event once and in order while Redis loses tails and drops its subscriber', async () => {
    await using stack = new AsyncDisposableStack()
    const { hub, subscriber } = await openHub(stack)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('write', 'write', 'write', 'settle', 'keep', 'rewind', 'cut'), {
          minLength: 5,
          maxLength: 40,
        }),
        async steps => {
          const logKey = keys.log(randomUUID(), 'out')
          const past = rewinder(logKey)
          const writer = new LogWriter(scripts, logKey, { attempt: 1, giveUpAtMs: Infinity, unheardLimitMs: 60_000 })
          const texts: string[] = []
          const read = collect(readLog(hub, logKey, { fresh: true, signal: AbortSignal.timeout(20_000) }))
          for (const [index, action] of steps.entries()) {
            if (action === 'write') {
              texts.push(`${index};`)
              writer.write([{ type: 'text', text: `${index};` }])
            } else if (action === 'settle') await writer.flushed()
            else if (action === 'keep') await past.keep()
            else if (action === 'rewind') await past.rewind()
            else subscriber.disconnect(true)
          }
          writer.write([
            { type: 'end', reason: 'stop', usage: { promptTokens: 1, completionTokens: 1 }, timings: noTimings },
          ])
          expect(await writer.flushed()).toBe('written')
          const events = await read
          expect(textOf(events)).toBe(texts.join(''))
          expect(events.filter(event => event.type === 'end')).toHaveLength(1)
          expect(events.at(-1)?.type).toBe('end')
        },
      ),
      { numRuns: 30 },
    )
  })

  test('of two writers the newer one wins and the older one learns it', async () => {
    await using stack = new AsyncDisposableStack()
    const { hub } = await openHub(stack)
    const logKey = keys.log(randomUUID(), 'out')
    const read = collect(readLog(hub, logKey, { signal: AbortSignal.timeout(10_000) }))
    const old = new LogWriter(scripts, logKey, { attempt: 1, giveUpAtMs: Infinity, unheardLimitMs: 60_000 })
    old.write([{ type: 'text', text: 'a' }])
    await old.flushed()
    const heir = new LogWriter(scripts, logKey, {
      attempt: 2,
      after: { attempt: 1, seq: 1 },
      giveUpAtMs: Infinity,
      unheardLimitMs: 60_000,
    })
    heir.write([{ type: 'error', code: 'upstream_lost', params: {} }])
    expect(await heir.flushed()).toBe('written')
    old.write([{ type: 'text', text: 'b' }])
    expect(await old.flushed()).toBe('fenced')
    expect(old.lost.aborted).toBe(true)
    expect((await read).map(event => event.type)).toEqual(['text', 'error'])
  })

  test('an heir that looked before the last word was written is turned away', async () => {
    const logKey = keys.log(randomUUID(), 'out')
    const old = new LogWriter(scripts, logKey, { attempt: 1, giveUpAtMs: Infinity, unheardLimitMs: 60_000 })
    old.write([{ type: 'text', text: 'a' }])
    await old.flushed()
    old.write([{ type: 'text', text: 'b' }])
    await old.flushed()
    const heir = new LogWriter(scripts, logKey, {
      attempt: 2,
      after: { attempt: 1, seq: 1 },
      giveUpAtMs: Infinity,
      unheardLimitMs: 60_000,
    })
    heir.write([{ type: 'text', text: 'again' }])
    expect(await heir.flushed()).toBe('fenced')
  })

  test('entries that were delivered and then lost are never spliced: the stream says that it is lost', async () => {
    await using stack = new AsyncDisposableStack()
    const { hub } = await openHub(stack)
    const logKey = keys.log(randomUUID(), 'out')
    const past = rewinder(logKey)
    const old = new LogWriter(scripts, logKey, { attempt: 1, giveUpAtMs: Infinity, unheardLimitMs: 60_000 })
    const seen: StreamEvent[] = []
    const read = (async () => {
      for await (const entry of readLog(hub, logKey, { signal: AbortSignal.timeout(10_000) }))
        seen.push(...entry.events)
    })()
    old.write([{ type: 'start', host: 'h', by: 'w', tries: 1, queuedMs: 0 }])
    await old.flushed()
    await past.keep()
    old.write([{ type: 'text', text: 'seen' }])
    await old.flushed()
    await expect.poll(() => textOf(seen)).toBe('seen')
    await past.rewind()
    const heir = new LogWriter(scripts, logKey, {
      attempt: 2,
      after: { attempt: 1, seq: 1 },
      giveUpAtMs: Infinity,
      unheardLimitMs: 60_000,
    })
    heir.write([{ type: 'text', text: 'another answer' }])
    await heir.flushed()
    await read
    expect(textOf(seen)).toBe('seen')
    expect(seen.at(-1)).toMatchObject({ type: 'error', code: 'stream_lost' })
  })

  test('a log closed from outside stops its writer and ends its reader, once', async () => {
    await using stack = new AsyncDisposableStack()
    const { hub } = await openHub(stack)
    const id = randomUUID()
    const writer = new LogWriter(scripts, keys.log(id, 'out'), {
      attempt: 1,
      giveUpAtMs: Infinity,
      unheardLimitMs: 60_000,
    })
    const read = collect(readLog(hub, keys.log(id, 'out'), { signal: AbortSignal.timeout(10_000) }))
    writer.write([{ type: 'text', text: 'a' }])
    await writer.flushed()
    expect(await scripts.close(id, ['out'], { type: 'cancelled' })).toBe(true)
    expect(await scripts.close(id, ['out'], { type: 'cancelled' })).toBe(false)
    writer.write([{ type: 'text', text: 'b' }])
    expect(await writer.flushed()).toBe('fenced')
    expect((await read).map(event => event.type)).toEqual(['text', 'cancelled'])
  })

  test('an entry that cannot be read, such as a newer version writes, ends the stream instead of the process', async () => {
    await using stack = new AsyncDisposableStack()
    const { hub } = await openHub(stack)
    const logKey = keys.log(randomUUID(), 'out')
    await redis.xadd(logKey, '1-1', 'e', '[{"type":"from-the-future"}]', 'p', '0-0')
    const events = await collect(readLog(hub, logKey, { signal: AbortSignal.timeout(5_000) }))
    expect(events).toEqual([{ type: 'error', code: 'stream_lost', params: {} }])
  })

  test('a second reader that joins late gets the whole log, and leaving does not silence the first', async () => {
    await using stack = new AsyncDisposableStack()
    const { hub } = await openHub(stack)
    const logKey = keys.log(randomUUID(), 'out')
    const writer = new LogWriter(scripts, logKey, { attempt: 1, giveUpAtMs: Infinity, unheardLimitMs: 60_000 })
    const first = collect(readLog(hub, logKey, { fresh: true, signal: AbortSignal.timeout(10_000) }))
    writer.write([{ type: 'text', text: 'a' }])
    await writer.flushed()
    for await (const entry of readLog(hub, logKey, { signal: AbortSignal.timeout(10_000) })) {
      expect(textOf(entry.events)).toBe('a')
      break
    }
    writer.write([{ type: 'text', text: 'b' }, { type: 'cancelled' }])
    await writer.flushed()
    expect(textOf(await first)).toBe('ab')
  })
})

const noTimings = { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 }

const collect = async (entries: AsyncIterable<{ events: StreamEvent[] }>): Promise<StreamEvent[]> => {
  const all: StreamEvent[] = []
  for await (const entry of entries) all.push(...entry.events)
  return all
}

const textOf = (events: readonly StreamEvent[]): string =>
  events.map(event => (event.type === 'text' ? event.text : '')).join('')
