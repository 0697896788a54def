import { describe, expect, test } from 'vitest'
import { waitsOf } from './expected-wait.ts'
import type { GroupLoad, HostLoad } from './load.ts'

const nobody: ReadonlyMap<string, number> = new Map()

/** A job takes 1 s, or `serviceMs`. */
const group = (over: Partial<GroupLoad> & { serviceMs?: number } = {}): GroupLoad => {
  const { serviceMs = 1_000, ...rest } = over
  const speed = { firstTokenMs: serviceMs, tokenMs: 0, tokens: 1, promptCharMs: 0 }
  return { slots: 2, used: 2, loaded: true, loadMs: 10_000, speed, ...rest }
}

const host = (groups: Record<string, GroupLoad>, over: Partial<HostLoad> = {}): HostLoad => {
  const used = Object.values(groups).reduce((sum, { used: count }) => sum + count, 0)
  return { id: 'a', open: true, slots: 2, used, groups, ...over }
}

const waitOf = (hosts: readonly HostLoad[], ahead: number, waiting = nobody): number | undefined =>
  waitsOf({ model: 'm', hosts, waiting }).waitMs(ahead)

describe('expected wait', () => {
  const busy = host({ m: group() })
  const fast = host({ m: group({ serviceMs: 500 }) })
  const free = host({ m: group({ used: 0 }) })
  const unmeasured = host({ m: { slots: 2, used: 2, loaded: true, loadMs: 10_000 } })
  const cold = host({ m: group({ loaded: false, used: 0 }) })

  test.each([
    { name: 'a free slot is no wait', hosts: [busy, free], ahead: 0, ms: 0 },
    { name: 'nor is one that is left after those ahead', hosts: [free], ahead: 1, ms: 0 },
    { name: 'two slots of 1 s end a job every 500 ms', hosts: [busy], ahead: 0, ms: 500 },
    { name: 'each job ahead takes one such time', hosts: [busy], ahead: 3, ms: 2_000 },
    { name: 'hosts add up by their speeds', hosts: [busy, fast], ahead: 5, ms: 1_000 },
    { name: 'a load counts when nobody has it loaded', hosts: [cold], ahead: 0, ms: 10_000 },
    { name: 'a load that is not worth it does not count', hosts: [busy, cold], ahead: 3, ms: 2_000 },
    { name: 'a load that is worth it does', hosts: [busy, cold], ahead: 100, ms: 10_000 + 99_000 / 4 },
    { name: 'a closed host counts for nothing', hosts: [busy, { ...fast, open: false }], ahead: 0, ms: 500 },
    { name: 'a host not measured is as fast as the others', hosts: [busy, unmeasured], ahead: 3, ms: 1_000 },
    { name: 'nothing measured: unknown', hosts: [unmeasured], ahead: 3, ms: undefined },
    { name: 'no host: unknown', hosts: [], ahead: 3, ms: undefined },
    { name: 'a host without the model: unknown', hosts: [host({ other: group() })], ahead: 0, ms: undefined },
  ])('$name', ({ hosts, ahead, ms }) => {
    const wait = waitOf(hosts, ahead)
    if (ms === undefined) expect(wait).toBeUndefined()
    else expect(wait).toBeCloseTo(ms, 6)
  })

  test('models with jobs waiting share a host, those without do not', () => {
    const shared = host({ m: group({ used: 1 }), other: group({ used: 1 }) })
    expect(waitOf([shared], 0)).toBeCloseTo(500)
    expect(waitOf([shared], 0, new Map([['other', 4]]))).toBeCloseTo(1_000)
  })

  test('how long it runs is the mean over the slots that would run it', () => {
    expect(waitsOf({ model: 'm', hosts: [busy, fast], waiting: nobody }).runMs).toBeCloseTo(4_000 / 6)
    expect(waitsOf({ model: 'm', hosts: [unmeasured], waiting: nobody }).runMs).toBeUndefined()
  })
})

describe('the most jobs ahead', () => {
  const hosts = [host({ m: group() })]
  const question = { model: 'm', hosts, waiting: nobody }

  test.each([4_000, 10_000, 60_000])('one more would be late for a deadline of %d ms', deadlineMs => {
    const most = waitsOf(question).aheadMax(deadlineMs)
    expect(most).toBeDefined()
    const endMs = (ahead: number): number => (waitOf(hosts, ahead) ?? 0) + 2 * 1_000
    expect(endMs(most ?? 0)).toBeLessThanOrEqual(deadlineMs * 0.8)
    expect(endMs((most ?? 0) + 1)).toBeGreaterThan(deadlineMs * 0.8)
  })

  test('a deadline that not even the first can keep lets nobody wait', () => {
    expect(waitsOf(question).aheadMax(1_000)).toBe(-1)
  })

  test('a free slot is never refused', () => {
    expect(waitsOf({ ...question, hosts: [host({ m: group({ used: 0 }) })] }).aheadMax(10)).toBe(1)
  })

  test('a model that no host has loaded lets as many wait as may start its load, however long that takes', () => {
    const cold = host({ m: group({ loaded: false, used: 0, slots: 1 }) })
    expect(waitsOf({ ...question, hosts: [cold] }).aheadMax(5_000)).toBe(0)
    expect(waitsOf({ ...question, hosts: [...hosts, cold] }).aheadMax(1_000)).toBe(-1)
  })

  test('a load that is not over before the deadline helps nobody', () => {
    const cold = host({ m: group({ loaded: false, used: 0 }) })
    const most = waitsOf(question).aheadMax(5_000)
    expect(waitsOf({ ...question, hosts: [...hosts, cold, cold, cold] }).aheadMax(5_000)).toBe(most)
  })

  test('what is unknown refuses nobody', () => {
    expect(waitsOf({ ...question, hosts: [] }).aheadMax(10)).toBeUndefined()
  })
})
