import type { StreamEvent } from '@drover/shared/events'
import { loadMsAssumed } from '@drover/shared/scheduling/load'
import { describe, expect, test } from 'vitest'
import { afterJob, loadMsOf, measuredBefore, sampleOf, speedOf, unmeasured, type Seen } from './speed.ts'

const end = (ms: { total?: number; load?: number; prompt?: number; eval?: number }, tokens = 11) =>
  ({
    type: 'end',
    reason: 'stop',
    usage: { promptTokens: 5, completionTokens: tokens },
    timings: {
      totalNs: (ms.total ?? 0) * 1e6,
      loadNs: (ms.load ?? 0) * 1e6,
      promptEvalNs: (ms.prompt ?? 0) * 1e6,
      evalNs: (ms.eval ?? 0) * 1e6,
    },
  }) satisfies StreamEvent

const seen: Seen = { cold: false, firstTokenMs: 300, totalMs: 1_300, promptChars: 10 }

describe('a job is measured', () => {
  test.each([
    ['by the host, its load not counted', end({ total: 1_200, load: 200, eval: 880 }), {}, [120, 880, 200]],
    [
      'by the host, some ms of "load" being none',
      end({ total: 1_000, load: 20, eval: 880 }),
      {},
      [100, 880, undefined],
    ],
    ['by the host, a load of a cold model however short', end({ total: 900, load: 20 }), { cold: true }, [880, 0, 20]],
    ['by what was seen, when the host says nothing', end({}), {}, [300, 1_000, undefined]],
    ['by what was seen, when the host says nonsense', end({ total: 9e9, load: 8e9 }), {}, [300, 1_000, undefined]],
    ['without tokens', end({ total: 500 }, 0), {}, [500, 0, undefined]],
    ['never as less than nothing', end({ total: 500, load: 900, eval: 900 }), {}, [0, 0, 500]],
  ] as const)('%s', (_name, event, part, [firstTokenMs, restMs, loadMs]) => {
    const sample = sampleOf(event, { ...seen, ...part })
    expect(sample.firstTokenMs).toBeCloseTo(firstTokenMs)
    expect(sample.restMs).toBeCloseTo(restMs)
    expect(sample.loadMs).toBe(loadMs)
  })

  test('with the time per character only for a prompt that is long enough to tell', () => {
    const event = end({ total: 1_000, prompt: 100 })
    expect(sampleOf(event, { ...seen, promptChars: 1_000 }).promptCharMs).toBe(0.1)
    expect(sampleOf(event, { ...seen, promptChars: 10 })).not.toHaveProperty('promptCharMs')
  })
})

const sample = { firstTokenMs: 100, restMs: 1_000, tokens: 11 }

test('a speed is the mean of jobs, the last ones counting most', () => {
  expect(speedOf(unmeasured)).toBeUndefined()
  let measured = unmeasured
  for (let times = 0; times < 50; times += 1) measured = afterJob(measured, sample)
  const means = Object.entries(speedOf(measured)!).map(([name, value]) => [name, Math.round(value)])
  expect(Object.fromEntries(means)).toEqual({ firstTokenMs: 100, tokenMs: 100, tokens: 11, promptCharMs: 0 })
  for (let times = 0; times < 7; times += 1) measured = afterJob(measured, { ...sample, restMs: 2_000 })
  const { tokenMs } = speedOf(measured)!
  expect(tokenMs).toBeGreaterThan(150)
  expect(tokenMs).toBeLessThan(155)
})

test('an answer of one token says nothing about the time per token', () => {
  const measured = afterJob(afterJob(unmeasured, sample), { firstTokenMs: 100, restMs: 0, tokens: 1 })
  expect(speedOf(measured)?.tokenMs).toBe(100)
})

test('prompts that are in the cache hardly lower what a cold one is taken to cost', () => {
  let measured = afterJob(unmeasured, { ...sample, promptCharMs: 2 })
  for (let times = 0; times < 10; times += 1) measured = afterJob(measured, { ...sample, promptCharMs: 0.1 })
  expect(speedOf(measured)!.promptCharMs).toBeGreaterThan(1.5)
  measured = afterJob(measured, { ...sample, promptCharMs: 4 })
  expect(speedOf(measured)!.promptCharMs).toBeGreaterThan(2.5)
})

test('a load takes what it took here, else what other models took, else what is assumed', () => {
  const loaded = afterJob(unmeasured, { ...sample, loadMs: 3_000 })
  const warm = afterJob(unmeasured, sample)
  expect(loadMsOf(afterJob(loaded, sample), [warm])).toBe(3_000)
  expect(loadMsOf(warm, [warm, loaded])).toBe(3_000)
  expect(loadMsOf(warm, [warm])).toBe(loadMsAssumed)
})

test('what another worker measured is where this one begins', () => {
  const load = { speed: { firstTokenMs: 100, tokenMs: 20, tokens: 30, promptCharMs: 1 }, loadMs: 4_000 }
  expect(speedOf(measuredBefore(load))).toEqual(load.speed)
  expect(loadMsOf(measuredBefore(load), [])).toBe(4_000)
  expect(speedOf(measuredBefore({ loadMs: loadMsAssumed }))).toBeUndefined()
})

test('answers of one token tell nothing of a speed, unless they are all there is', () => {
  let measured = unmeasured
  const oneToken = { firstTokenMs: 100, restMs: 0, tokens: 1 }
  measured = afterJob(afterJob(measured, oneToken), oneToken)
  expect(speedOf(measured)).toBeUndefined()
  for (let times = 0; times < 3; times += 1) measured = afterJob(measured, oneToken)
  expect(speedOf(measured)).toMatchObject({ tokenMs: 0, tokens: 1 })
})

test('a host that boasts is believed what was seen', () => {
  const event = end({ total: 1_000, prompt: 1e12 })
  expect(sampleOf(event, { ...seen, promptChars: 1_000 }).promptCharMs).toBe(1)
})
