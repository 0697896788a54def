import { orderRange } from '@drover/shared/queues'
import { createKeys } from '@drover/shared/redis/keys'
import { place, type FairState } from '@drover/shared/scheduling/order'
import * as fc from 'fast-check'
import { Redis } from 'ioredis'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { embeddedRedis } from '../cli/src/redis/embedded.ts'
import { Gate, type Asked } from '../services/api/src/admission/gate.ts'

/** What admit.lua does, against the model that the simulation uses, on both kinds of Redis. */

const unit = 2 ** 32
const atMs = 1_000_000

interface Bench extends AsyncDisposable {
  readonly redis: Redis
  readonly gate: Gate
  readonly queue: string
  key(this: void, name: string): string
  ask(this: void, asked: Partial<Asked>): ReturnType<Gate['admit']>
}

const startBench = async (url: string, queue = '{chat-m}'): Promise<Bench> => {
  const redis = new Redis(url)
  const keys = createKeys(`t${randomUUID().slice(0, 8)}`)
  const gate = new Gate(redis, keys, 60_000)
  const defaults = { queue, caller: 'a', ids: ['r'], atMs, depthMax: 1_000_000, aheadMax: undefined, aheadElsewhere: 0 }
  return {
    redis,
    gate,
    queue,
    key: name => `${keys.prefix}:${queue}:${name}`,
    ask: asked => gate.admit({ ...defaults, ...asked }),
    async [Symbol.asyncDispose]() {
      const left = await redis.keys(`${keys.prefix}:*`)
      if (left.length > 0) await redis.unlink(...left)
      redis.disconnect()
    },
  }
}

/** As `enqueue` leaves it: on the queue, and no longer on its way. */
const arrive = async ({ redis, key }: Bench, id: string, order: number, nth: number): Promise<void> => {
  await redis.zadd(key('prioritized'), order * unit + nth, id)
  await redis.zrem(key('admitted'), `${atMs} ${id}`)
}

type Step =
  | { readonly kind: 'ask'; readonly caller: string; readonly count: number; readonly arrives: boolean }
  | { readonly kind: 'take' }
  | { readonly kind: 'arrive' }
  | { readonly kind: 'return' }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      caller: fc.constantFrom('a', 'b', 'c', 'd'),
      count: fc.integer({ min: 1, max: 3 }),
      arrives: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'take' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'arrive' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'return' as const }) },
)

interface Waiting {
  readonly id: string
  readonly order: number
  readonly nth: number
  arrived: boolean
}

/** One queue on Redis and in the model, side by side. */
class Both {
  readonly #bench: Bench
  #fair: FairState = { tags: new Map() }
  #waiting: Waiting[] = []
  #nth = 0

  constructor(bench: Bench) {
    this.#bench = bench
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'ask':
        return this.#ask(step)
      case 'take':
        return this.#take()
      case 'arrive':
        return this.#arrive(this.#waiting.find(job => !job.arrived))
      case 'return':
        return this.#arrive(this.#add(orderRange.first))
    }
  }

  /** Compares every order, and how many are ahead. */
  async #ask({ caller, count, arrives }: Extract<Step, { kind: 'ask' }>): Promise<void> {
    const before = this.#waiting
    const jobs = Array.from({ length: count }, () => this.#add(this.#fairOrder(caller)))
    const order = jobs[0]?.order ?? 0
    const ahead = before.filter(job => job.order <= order).length
    const ids = jobs.map(job => job.id)
    expect(await this.#bench.ask({ caller, ids, depthMax: before.length + count })).toEqual({
      kind: 'placed',
      waiting: before.length + count,
      order,
      ahead,
    })
    expect(jobs.map(job => job.order)).toEqual(jobs.map((_, index) => order + index))
    if (arrives) for (const job of jobs) await this.#arrive(job)
  }

  #fairOrder(caller: string): number {
    const orders = this.#waiting.map(job => job.order).filter(order => order > orderRange.first)
    const { order, state } = place(this.#fair, caller, orders.length === 0 ? undefined : Math.min(...orders))
    this.#fair = state
    return order
  }

  #add(order: number): Waiting {
    this.#nth += 1
    const job = { id: `r${this.#nth}`, order, nth: this.#nth, arrived: false }
    this.#waiting = [...this.#waiting, job]
    return job
  }

  async #arrive(job: Waiting | undefined): Promise<void> {
    if (job === undefined) return
    job.arrived = true
    await arrive(this.#bench, job.id, job.order, job.nth)
  }

  async #take(): Promise<void> {
    const [id] = await this.#bench.redis.zpopmin(this.#bench.key('prioritized'))
    this.#waiting = this.#waiting.filter(job => job.id !== id)
  }
}

const runBoth = async (url: string, steps: readonly Step[]): Promise<void> => {
  await using bench = await startBench(url)
  const both = new Both(bench)
  for (const step of steps) await both.run(step)
}

const startEmbedded = async (): Promise<AsyncDisposable & { url: string }> => {
  const { url, child } = await embeddedRedis(process.env)
  if (child === undefined) throw new Error('the embedded Redis is a process of its own')
  const server = spawn(child.command, child.args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await once(server, 'message')
  return {
    url,
    async [Symbol.asyncDispose]() {
      const exited = once(server, 'exit')
      server.kill('SIGTERM')
      await exited
    },
  }
}

const property = (url: string): fc.IAsyncProperty<[Step[]]> =>
  fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), steps => runBoth(url, steps))

test('the script gives every job the order of the model, on its way or on the queue', async () => {
  await fc.assert(property(inject('redisUrl')), { numRuns: 200 })
})

test('the embedded Redis runs the script to the same end', async () => {
  await using server = await startEmbedded()
  await fc.assert(property(server.url), { numRuns: 40 })
})

test('a queue that is full, or too long for the deadline, refuses and changes nothing', async () => {
  await using bench = await startBench(inject('redisUrl'))
  const { redis, key, ask } = bench
  for (let nth = 1; nth <= 3; nth += 1) {
    expect(await ask({ ids: [`r${nth}`] })).toMatchObject({ kind: 'placed', order: nth + 1 })
    await arrive(bench, `r${nth}`, nth + 1, nth)
  }
  const state = async (): Promise<unknown> => [
    await redis.zrange(key('fair'), '0', '-1', 'WITHSCORES'),
    await redis.zrange(key('admitted'), '0', '-1'),
  ]
  const before = await state()
  expect(await ask({ depthMax: 3 })).toEqual({ kind: 'full', waiting: 3 })
  expect(await ask({ depthMax: 4, ids: ['x', 'y'] })).toEqual({ kind: 'full', waiting: 3 })
  expect(await ask({ aheadMax: 2 })).toEqual({ kind: 'late', waiting: 3, ahead: 3 })
  expect(await ask({ aheadMax: -1, caller: 'new' })).toEqual({ kind: 'late', waiting: 3, ahead: 1 })
  expect(await ask({ aheadElsewhere: 7, aheadMax: 9 })).toEqual({ kind: 'late', waiting: 3, ahead: 10 })
  expect(await state()).toEqual(before)
  expect(await ask({ depthMax: 4, aheadMax: 3 })).toMatchObject({ kind: 'placed', ahead: 3 })
})

test('of many that ask at once, exactly as many as there is room for are placed', async () => {
  await using bench = await startBench(inject('redisUrl'))
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, nth) => bench.ask({ ids: [`r${nth}`], depthMax: 7 })),
  )
  expect(answers.filter(({ kind }) => kind === 'placed')).toHaveLength(7)
})

test('a job that got lost on its way is forgotten after a while', async () => {
  await using bench = await startBench(inject('redisUrl'))
  await bench.ask({ ids: ['lost'] })
  expect(await bench.ask({ depthMax: 1, atMs: atMs + 29_000 })).toEqual({ kind: 'full', waiting: 1 })
  expect(await bench.ask({ depthMax: 1, atMs: atMs + 31_000 })).toMatchObject({ kind: 'placed', order: 2, ahead: 0 })
})

test('a job that got lost is forgotten although the clock has gone back since', async () => {
  await using bench = await startBench(inject('redisUrl'))
  await bench.ask({ ids: ['lost'] })
  expect(await bench.ask({ depthMax: 1, atMs: atMs - 3_600 })).toEqual({ kind: 'full', waiting: 1 })
  expect(await bench.ask({ depthMax: 1, atMs: atMs - 31_000 })).toMatchObject({ kind: 'placed', order: 2, ahead: 0 })
})

test('a caller who takes jobs back does not stand behind them', async () => {
  await using bench = await startBench(inject('redisUrl'))
  const { gate, queue, ask } = bench
  for (let nth = 1; nth <= 10; nth += 1) {
    await ask({ ids: [`r${nth}`] })
    await arrive(bench, `r${nth}`, nth + 1, nth)
  }
  for (let nth = 10; nth > 1; nth -= 1) {
    await bench.redis.zrem(bench.key('prioritized'), `r${nth}`)
    await gate.refund(queue, 'a')
  }
  expect(await ask({})).toMatchObject({ kind: 'placed', order: 3, ahead: 1 })
})
