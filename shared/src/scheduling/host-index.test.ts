import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HostIndex } from './host-index.ts'
import type { HostLoad } from './load.ts'
import { nextPull, type Line } from './pull.ts'

const settings = { swapAfterMs: 10_000, backgroundAfterMs: 60_000, batchAfterMs: 600_000 }

const groupLoad = fc.record({
  slots: fc.integer({ min: 1, max: 4 }),
  used: fc.integer({ min: 0, max: 4 }),
  loaded: fc.boolean(),
  loadMs: fc.constantFrom(100, 3_000, 10_000),
  speed: fc.option(
    fc.record({
      firstTokenMs: fc.integer({ min: 0, max: 2_000 }),
      tokenMs: fc.integer({ min: 0, max: 50 }),
      tokens: fc.integer({ min: 0, max: 2_000 }),
      promptCharMs: fc.constant(0),
    }),
    { nil: undefined },
  ),
})

const hostLoad: fc.Arbitrary<HostLoad> = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
  open: fc.boolean(),
  slots: fc.integer({ min: 0, max: 6 }),
  used: fc.integer({ min: 0, max: 6 }),
  groups: fc.dictionary(fc.constantFrom('m', 'n', '__proto__'), groupLoad),
})

const line: fc.Arbitrary<Line> = fc.record({
  model: fc.constantFrom('m', 'n', '__proto__', 'constructor'),
  class: fc.constantFrom('interactive', 'background', 'batch'),
  waiting: fc.integer({ min: 1, max: 500 }),
  headWaitMs: fc.integer({ min: 0, max: 20_000 }),
  unservedMs: fc.integer({ min: 0, max: 100_000 }),
})

describe('the index of hosts', () => {
  test('who has heard the same decides the same, in whatever order it came', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(hostLoad, fc.constantFrom('a', 'b', 'c')), { maxLength: 40 }),
        fc.array(line, { maxLength: 4 }),
        (changes, lines) => {
          const kept = new HostIndex()
          const loads = new Map<string, HostLoad>()
          for (const change of changes) {
            if (typeof change === 'string') {
              kept.delete(change)
              loads.delete(change)
            } else {
              kept.set(change)
              loads.set(change.id, change)
            }
          }
          const made = new HostIndex([...loads.values()].toSorted((a, b) => (a.id < b.id ? 1 : -1)))
          expect(nextPull({ hosts: kept, lines, settings })).toEqual(nextPull({ hosts: made, lines, settings }))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('a take is of an open host that has a slot for the model', () => {
    fc.assert(
      fc.property(fc.uniqueArray(hostLoad, { selector: load => load.id }), fc.array(line), (loads, lines) => {
        const pull = nextPull({ hosts: new HostIndex(loads), lines, settings })
        if (pull.kind !== 'take') return
        const host = loads.find(load => load.id === pull.hostId)
        const group = host?.groups[pull.line.model]
        expect(host).toMatchObject({ open: true })
        expect(host?.used).toBeLessThan(host?.slots ?? 0)
        expect(group?.used).toBeLessThan(group?.slots ?? 0)
        expect(lines).toContain(pull.line)
      }),
      { numRuns: 2_000 },
    )
  })

  test('a host that has left is not asked any more', () => {
    const groups = { m: { slots: 1, used: 0, loaded: true, loadMs: 100 } }
    const load = { id: 'a', open: true, slots: 1, used: 0, groups }
    const hosts = new HostIndex([load])
    const lines = [{ model: 'm', class: 'interactive', waiting: 1, headWaitMs: 0, unservedMs: 0 } as const]
    expect(nextPull({ hosts, lines, settings }).kind).toBe('take')
    hosts.set({ ...load, groups: {} })
    expect(nextPull({ hosts, lines, settings }).kind).toBe('nothing')
    hosts.set(load)
    hosts.delete('a')
    hosts.delete('a')
    expect(nextPull({ hosts, lines, settings }).kind).toBe('nothing')
  })
})
