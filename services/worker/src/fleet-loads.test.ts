import type { HostLoad } from '@drover/shared/scheduling/load'
import { nextPull } from '@drover/shared/scheduling/pull'
import { expect, test } from 'vitest'
import { FleetLoads } from './fleet-loads.ts'

const load = (id: string, used = 0): HostLoad => ({
  id,
  open: true,
  slots: 2,
  used,
  groups: { m: { slots: 2, used, loaded: true, loadMs: 0 } },
})

const say = (...loads: HostLoad[]): string => JSON.stringify(loads)

const line = { model: 'm', class: 'interactive', waiting: 1, headWaitMs: 0, unservedMs: 0 } as const
const settings = { swapAfterMs: 1_000, backgroundAfterMs: 1_000, batchAfterMs: 1_000 }

/** Who would take a job now. */
const taker = (loads: FleetLoads): string | undefined => {
  const pull = nextPull({ hosts: loads.index, lines: [line], settings })
  return pull.kind === 'take' ? pull.hostId : undefined
}

test("what others say of this process's hosts, and of hosts that are not configured, does not count", () => {
  const loads = new FleetLoads(['a', 'b'])
  loads.setOwn(load('a', 2))
  loads.hear(say(load('a'), load('x')), 0)
  expect(loads.get('a')?.used).toBe(2)
  expect(loads.get('x')).toBeUndefined()
  expect(taker(loads)).toBeUndefined()
  loads.hear(say(load('b')), 0)
  expect(taker(loads)).toBe('b')
})

test('a job that is left to a host counts there until that host speaks', () => {
  const loads = new FleetLoads(['a', 'b'])
  loads.hear(say(load('a')), 0)
  expect([loads.leave('a', 'm', 1), loads.leave('a', 'm', 1)]).toEqual([true, true])
  expect(taker(loads)).toBeUndefined()
  expect(loads.hear(say(load('b', 2)), 2)).toBe(false)
  expect(taker(loads)).toBeUndefined()
  expect(loads.hear(say(load('a', 1)), 3)).toBe(true)
  expect(taker(loads)).toBe('a')
})

test('a host that does not take what is left to it is passed over for a while', () => {
  const loads = new FleetLoads(['a'])
  const leave = (atMs: number): boolean => {
    loads.hear(say(load('a')), atMs)
    return loads.leave('a', 'm', atMs)
  }
  expect([0, 100, 200, 300].map(leave)).toEqual([true, true, true, true])
  expect(leave(400)).toBe(false)
  expect(taker(loads)).toBeUndefined()
  loads.hear(say(load('a')), 500)
  expect(taker(loads)).toBeUndefined()
  loads.hear(say(load('a')), 1_500)
  expect(taker(loads)).toBe('a')
})

test('a host that takes what is left to it, however often, is trusted', () => {
  const loads = new FleetLoads(['a'])
  for (let atMs = 0; atMs < 2_000; atMs += 100) {
    loads.hear(say(load('a', (atMs / 100) % 2)), atMs)
    expect(loads.leave('a', 'm', atMs)).toBe(true)
  }
})

test('a host that was left a job long ago, and nothing since, is trusted', () => {
  const loads = new FleetLoads(['a'])
  for (const atMs of [0, 5_000, 10_000]) {
    loads.hear(say(load('a')), atMs)
    expect(loads.leave('a', 'm', atMs)).toBe(true)
  }
})

test('a host that fell silent is closed', () => {
  const loads = new FleetLoads(['a'])
  loads.hear(say(load('a')), 0)
  loads.refresh(2_000)
  expect(taker(loads)).toBe('a')
  loads.refresh(4_000)
  expect(taker(loads)).toBeUndefined()
})

test('a host that is given up is known again when its next owner speaks', () => {
  const loads = new FleetLoads(['a'])
  loads.setOwn(load('a'))
  loads.giveUp('a')
  expect([taker(loads), loads.own('a')]).toEqual([undefined, undefined])
  loads.hear(say(load('a')), 0)
  expect(taker(loads)).toBe('a')
})
