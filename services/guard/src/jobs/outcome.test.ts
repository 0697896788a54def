import { LogHub } from '@drover/shared/log/hub'
import { LogScripts } from '@drover/shared/log/scripts'
import { createLogger } from '@drover/shared/logger'
import type { ChatJob } from '@drover/shared/queues'
import { createKeys } from '@drover/shared/redis/keys'
import type { Job } from 'bullmq'
import { Redis } from 'ioredis'
import { expect, test, vi } from 'vitest'
import { configSchema } from '@drover/shared/config/schema'
import { Guards } from '../guards.ts'
import { WholeScan } from '../pool/whole-scan.ts'
import { unheard } from '../reading.ts'
import { runInputJob } from './input.ts'
import { runOutputJob } from './output.ts'

/** What becomes of jobs while Redis is away: everything that asks it rejects. */
const rig = () => {
  const redis = new Redis({ lazyConnect: true, enableOfflineQueue: false, retryStrategy: null })
  const keys = createKeys('p')
  const scripts = new LogScripts(redis, keys)
  const close = vi.spyOn(scripts, 'close').mockResolvedValue(true)
  vi.spyOn(redis, 'xrange').mockRejectedValue(new Error('Redis is away'))
  const config = configSchema.parse({ hosts: [{ id: 'h', url: 'http://127.0.0.1:1' }] })
  const guards = new Guards(config)
  const interrupt = never
  const observed = { guards, wholeScan: new WholeScan({ config, guards, interrupt }), observer: unheard, scripts }
  const enqueue = vi.fn<() => Promise<never>>().mockRejectedValue(new Error('Redis is away'))
  const inputDeps = { ...observed, interrupt, enqueue }
  const hub = Object.create(LogHub.prototype) as LogHub
  const outputDeps = { ...observed, redis, keys, hub, logger: createLogger('test', 'silent') }
  return { close, inputDeps, outputDeps }
}

const jobOf = (data: unknown, attemptsStarted = 1): Job => ({ id: 'r1', data, attemptsStarted }) as Job
const never = new AbortController().signal
const inMs = (ms: number): number => Date.now() + ms
const refusal = { type: 'error', code: 'guard_unavailable', params: {} }

const prompt = (): ChatJob => ({
  id: 'r1',
  model: 'm',
  request: { kind: 'chat', messages: [{ role: 'user', content: 'hi' }], options: {} },
  guard: { input: true, output: false },
  observed: [],
  caller: 'c',
  class: 'interactive',
  order: 1,
  tried: [],
  enqueuedAt: Date.now(),
  deadlineAt: inMs(60_000),
  excludedHosts: [],
  moves: 0,
  triesBefore: 0,
  returns: 0,
})

test.each([
  ['read', () => ({ id: 'r1', of: 'a newer version' })],
  ['passed on', prompt],
])('a prompt that cannot be %s ends its response', async (_what, data) => {
  const { close, inputDeps } = rig()
  expect(await runInputJob(jobOf(data()), inputDeps)).toMatchObject({ kind: 'failed' })
  expect(close).toHaveBeenCalledWith('r1', ['out'], refusal)
})

test('a prompt whose refusal cannot be told is scanned again', async () => {
  const { close, inputDeps } = rig()
  close.mockRejectedValue(new Error('Redis is away'))
  await expect(runInputJob(jobOf({}), inputDeps)).rejects.toThrow('Redis is away')
})

test.each([
  ['that cannot be read', () => jobOf({ id: 'r1' })],
  [
    'that meets an absent Redis past its deadline',
    () => jobOf({ id: 'r1', model: 'm', caller: 'c', deadlineAt: inMs(-1) }, 2),
  ],
])('an answer %s ends its response, and its host stops', async (_what, job) => {
  const { close, outputDeps } = rig()
  expect(await runOutputJob(job(), outputDeps, never)).toMatchObject({ kind: 'failed' })
  expect(close).toHaveBeenCalledWith('r1', ['raw', 'out'], refusal)
})

test('an answer that meets an absent Redis is taken up again at once, but not for ever', async () => {
  const { close, outputDeps } = rig()
  const data = { id: 'r1', model: 'm', caller: 'c', deadlineAt: inMs(60_000) }
  expect(await runOutputJob(jobOf(data, 2), outputDeps, never)).toEqual({ kind: 'returned' })
  await expect(runOutputJob(jobOf(data, 10), outputDeps, never)).rejects.toThrow('Redis is away')
  expect(close).not.toHaveBeenCalled()
})
