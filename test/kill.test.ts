import { queues } from '@drover/shared/queues'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { describe, expect, inject, test } from 'vitest'
import { startFakeOllama, type FakeOllama } from './fakes/ollama/server.ts'
import { answer } from './fakes/ollama/tokens.ts'
import { chat, streamChat, type ChatResult } from './support/chat.ts'
import { startDrover, type Drover } from './support/drover.ts'

const redisUrl = inject('redisUrl')
const streams = 50
const tokens = 120
const guardSide = { scanners: ['BanSubstrings'], settings: { BanSubstrings: { substrings: ['zzz'] } } }

interface Rig extends AsyncDisposable {
  readonly drover: Drover
  readonly hosts: readonly FakeOllama[]
  readonly prefix: string
  /** Fifty streams, all of them with output on their way. */
  begin(): Promise<Promise<ChatResult>[]>
}

const startRig = async (): Promise<Rig> => {
  const stack = new AsyncDisposableStack()
  const hosts = await Promise.all(
    Array.from({ length: 2 }, async () => stack.use(await startFakeOllama({ tokenMs: 40, parallel: streams / 2 }))),
  )
  const prefix = `kill${Math.floor(performance.now() * 1000)}`
  const drover = stack.use(
    await startDrover(
      {
        hosts: hosts.map((host, index) => ({ id: `h${index}`, url: host.url, slots: streams / 2 })),
        // In memory at once, so that both hosts run their half of the streams.
        models: [{ name: 'llama3.2', pin: ['h0', 'h1'] }],
        guard: { input: guardSide, output: guardSide },
        redis: { prefix },
        server: { port: 0 },
      },
      { env: { REDIS_URL: redisUrl } },
    ),
  )
  const begin = async (): Promise<Promise<ChatResult>[]> => {
    const seen = Array.from({ length: streams }, () => Promise.withResolvers<void>())
    const results = seen.map(({ resolve }, seed) =>
      streamChat(drover.url, { body: { seed, max_tokens: tokens }, onData: () => resolve() }),
    )
    await Promise.all(seen.map(({ promise }) => promise))
    return results
  }
  const owned = stack.move()
  return { drover, hosts, prefix, begin, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** The bytes are right as far as they go, and the end is one that a client can see. */
const expectHonest = (result: ChatResult, seed: number): void => {
  const whole = answer(seed, tokens)
  expect(whole.startsWith(result.text), `stream ${seed} has other bytes`).toBe(true)
  if (result.end === 'length') expect(result).toMatchObject({ text: whole, done: true })
  else expect(result, `stream ${seed} ended silently`).toMatchObject({ done: false })
}

const expectRestored = async ({ drover, hosts, prefix }: Rig): Promise<void> => {
  await expect
    .poll(async () => (await chat(drover.url, { body: { seed: 3, max_tokens: 4 } }).catch(() => undefined))?.text, {
      timeout: 15_000,
    })
    .toBe(answer(3, 4))
  const redis = new Redis(redisUrl)
  for (const name of [
    queues.guardInput,
    queues.guardOutput,
    queues.group('llama3.2'),
    queues.host('h0', 'llama3.2'),
    queues.host('h1', 'llama3.2'),
  ]) {
    const queue = new Queue(name, { connection: redis, prefix })
    await expect
      .poll(() => queue.getJobCounts('active', 'wait', 'delayed', 'prioritized'), { timeout: 30_000, interval: 200 })
      .toEqual({ active: 0, wait: 0, delayed: 0, prioritized: 0 })
  }
  redis.disconnect()
  await Promise.all(hosts.map(host => host.waitFor(() => host.inFlight === 0, 30_000)))
}

describe('kill -9 under fifty streams', () => {
  test('of the worker: every stream ends with its bytes or one error event within 12 s, and service returns', async () => {
    await using rig = await startRig()
    const results = await rig.begin()
    const killed = performance.now()
    process.kill((await rig.drover.pidOf('worker')) ?? 0, 'SIGKILL')
    for (const [seed, result] of (await Promise.all(results)).entries()) {
      expectHonest(result, seed)
      expect(result.broken).toBe(false)
      expect(['length', 'upstream_lost']).toContain(result.end)
    }
    expect(performance.now() - killed).toBeLessThan(12_000)
    await expectRestored(rig)
  }, 90_000)

  test('of the guard: another takes over and every stream completes, byte for byte', async () => {
    await using rig = await startRig()
    const results = await rig.begin()
    process.kill((await rig.drover.pidOf('guard')) ?? 0, 'SIGKILL')
    for (const [seed, result] of (await Promise.all(results)).entries())
      expect(result, `stream ${seed}`).toMatchObject({ text: answer(seed, tokens), end: 'length', done: true })
    await expectRestored(rig)
  }, 90_000)

  test('of the api: every connection breaks, none ends cleanly, and the generations are stopped', async () => {
    await using rig = await startRig()
    const results = await rig.begin()
    process.kill((await rig.drover.pidOf('api')) ?? 0, 'SIGKILL')
    for (const [seed, result] of (await Promise.all(results)).entries()) {
      expectHonest(result, seed)
      expect(result).toMatchObject({ broken: true, done: false })
    }
    await expectRestored(rig)
  }, 90_000)
})
