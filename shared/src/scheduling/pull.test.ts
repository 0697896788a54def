import { describe, expect, test } from 'vitest'
import { HostIndex } from './host-index.ts'
import type { GroupLoad, HostLoad } from './load.ts'
import { nextPull, type Line, type Pull } from './pull.ts'

const settings = { swapAfterMs: 10_000, backgroundAfterMs: 60_000, batchAfterMs: 600_000 }

const group = (serviceMs: number | undefined, over: Partial<GroupLoad> = {}): GroupLoad => {
  const speed =
    serviceMs === undefined ? {} : { speed: { firstTokenMs: serviceMs, tokenMs: 0, tokens: 1, promptCharMs: 0 } }
  return { slots: 2, used: 0, loaded: true, loadMs: 10_000, ...speed, ...over }
}

const host = (id: string, groups: Record<string, GroupLoad>, over: Partial<HostLoad> = {}): HostLoad => {
  const used = Object.values(groups).reduce((sum, { used: count }) => sum + count, 0)
  return { id, open: true, slots: 2, used, groups, ...over }
}

const line = (model: string, over: Partial<Line> = {}): Line => ({
  model,
  class: 'interactive',
  waiting: 1,
  headWaitMs: 0,
  unservedMs: 0,
  ...over,
})

const decide = (hosts: readonly HostLoad[], lines: readonly Line[]): Pull =>
  nextPull({ hosts: new HostIndex(hosts), lines, settings })

/** Who takes from what, in a word. */
const told = (pull: Pull): string =>
  pull.kind === 'take' ? `${pull.hostId} ${pull.line.model} ${pull.line.class}` : pull.kind

const cold = { loaded: false }
const full = { used: 2 }

describe('which host takes it', () => {
  test.each([
    { name: 'the fastest free host', hosts: [host('a', { m: group(900) }), host('b', { m: group(300) })], takes: 'b' },
    {
      name: 'of equally fast ones the least used',
      hosts: [host('a', { m: group(300, { used: 1 }) }), host('b', { m: group(300) })],
      takes: 'b',
    },
    {
      name: 'speeds within a step are equal',
      hosts: [host('a', { m: group(300, { used: 1 }) }), host('b', { m: group(302) })],
      takes: 'b',
    },
    {
      name: 'of equal ones the first by id',
      hosts: [host('b', { m: group(300) }), host('a', { m: group(300) })],
      takes: 'a',
    },
    {
      name: 'one that was never measured is taken for an average one',
      hosts: [host('a', { m: group(900) }), host('b', { m: group(300, full) }), host('c', { m: group(undefined) })],
      takes: 'c',
    },
    {
      name: 'not one without a slot for the model',
      hosts: [host('a', { m: group(300, { slots: 1, used: 1 }) }), host('b', { m: group(350) })],
      takes: 'b',
    },
    {
      name: 'not one whose slots other models use',
      hosts: [host('a', { m: group(300), other: group(300, full) }), host('b', { m: group(350) })],
      takes: 'b',
    },
    {
      name: 'not a closed one',
      hosts: [host('a', { m: group(300) }, { open: false }), host('b', { m: group(900) })],
      takes: 'b',
    },
    { name: 'not one that has no slots', hosts: [host('a', { m: group(300) }, { slots: 0 })], takes: undefined },
    { name: 'nobody when all are busy', hosts: [host('a', { m: group(300, full) })], takes: undefined },
    { name: 'nobody when nobody has the model', hosts: [host('a', { other: group(300) })], takes: undefined },
    {
      name: 'one that has it loaded rather than one that is free of everything',
      hosts: [host('a', { m: group(100, cold) }), host('b', { m: group(900, { used: 1 }) })],
      takes: 'b',
    },
    {
      name: 'one that loads it and still ends it sooner',
      hosts: [host('a', { m: group(100, { ...cold, loadMs: 500 }) }), host('b', { m: group(900) })],
      takes: 'a',
    },
  ])('$name', ({ hosts, takes }) => {
    const pull = decide(hosts, [line('m')])
    expect(pull.kind === 'take' ? pull.hostId : undefined).toBe(takes)
  })

  test('lengths belong to the requests: a fast host that had long ones is still the fast one', () => {
    const speed = (tokenMs: number, tokens: number) => ({ firstTokenMs: 100, tokenMs, tokens, promptCharMs: 0 })
    const long = host('a', { m: group(undefined, { speed: speed(10, 1_000) }) })
    const short = host('b', { m: group(undefined, { speed: speed(20, 10) }) })
    expect(told(decide([short, long], [line('m')]))).toBe('a m interactive')
  })

  test('nothing waits, nothing is done', () => {
    expect(decide([host('a', { m: group(300) })], [])).toEqual({ kind: 'nothing' })
  })
})

describe('which line is served', () => {
  const free = [host('a', { m: group(300), n: group(300) })]
  const interactive = line('m')
  const background = line('n', { class: 'background' })
  const batch = line('n', { class: 'batch' })

  test.each([
    { name: 'the more urgent class', lines: [batch, background, interactive], takes: 'a m interactive' },
    { name: 'background before batch', lines: [batch, line('m', { class: 'background' })], takes: 'a m background' },
    {
      name: 'the one unserved for longest',
      lines: [interactive, line('n', { unservedMs: 5 })],
      takes: 'a n interactive',
    },
    {
      name: 'background that was kept waiting',
      lines: [interactive, { ...background, unservedMs: 60_000 }],
      takes: 'a n background',
    },
    {
      name: 'batch that was kept waiting',
      lines: [interactive, { ...batch, unservedMs: 600_000 }],
      takes: 'a n batch',
    },
    {
      name: 'batch not before its time',
      lines: [interactive, { ...batch, unservedMs: 599_999 }],
      takes: 'a m interactive',
    },
    { name: 'the next one when nobody can take from the first', lines: [line('unknown'), batch], takes: 'a n batch' },
  ])('$name', ({ lines, takes }) => {
    expect(told(decide(free, lines))).toBe(takes)
    expect(told(decide(free, lines.toReversed()))).toBe(takes)
  })
})

describe('hold-back', () => {
  const hosts = (slowMs: number, fastUsed = 2): HostLoad[] => [
    host('fast', { m: group(400, { used: fastUsed }) }),
    host('slow', { m: group(slowMs) }),
  ]

  test.each([
    // The fast host ends a job every 200 ms; waited for, the job is expected to end after 600 ms.
    { name: 'a slow host leaves a job to a fast one that is soon free', slowMs: 4_000, waiting: 1, kind: 'hold' },
    { name: 'a host that is nearly as fast takes it', slowMs: 600, waiting: 1, kind: 'take' },
    { name: 'jobs enough for all are not left', slowMs: 4_000, waiting: 12, kind: 'take' },
  ])('$name', ({ slowMs, waiting, kind }) => {
    expect(decide(hosts(slowMs), [line('m', { waiting })]).kind).toBe(kind)
  })

  test('it ends when the job has waited for what it could gain', () => {
    const pull = decide(hosts(4_000), [line('m')])
    expect(pull.kind).toBe('hold')
    const forMs = pull.kind === 'hold' ? pull.forMs : 0
    expect(decide(hosts(4_000), [line('m', { headWaitMs: forMs - 1 })]).kind).toBe('hold')
    expect(decide(hosts(4_000), [line('m', { headWaitMs: forMs })]).kind).toBe('take')
  })

  test('a fast host with a free slot takes it at once', () => {
    expect(told(decide(hosts(4_000, 1), [line('m')]))).toBe('fast m interactive')
  })

  test('the slot that one line leaves alone serves another', () => {
    const all = [host('fast', { m: group(400, full) }), host('slow', { m: group(4_000), n: group(4_000) })]
    expect(told(decide(all, [line('m'), line('n', { class: 'batch' })]))).toBe('slow n batch')
  })

  test('more urgent jobs of the same model come first at the fast host', () => {
    const held = line('m', { waiting: 8 })
    expect(decide(hosts(4_000), [held]).kind).toBe('hold')
    expect(told(decide(hosts(4_000), [held, line('m', { class: 'batch', waiting: 8 })]))).toBe('slow m batch')
  })
})

describe('loading a model', () => {
  const busy = host('busy', { m: group(1_000, full) })

  test('a host that has nothing loaded loads what nobody has', () => {
    expect(told(decide([host('a', { m: group(undefined, cold) })], [line('m')]))).toBe('a m interactive')
  })

  test.each([
    { name: 'not when those who have it are sooner done', waiting: 4, kind: 'nothing' },
    { name: 'when they have more to do than a load takes', waiting: 60, kind: 'take' },
  ])('$name', ({ waiting, kind }) => {
    const pull = decide([busy, host('idle', { m: group(1_000, cold) })], [line('m', { waiting })])
    expect(pull.kind).toBe(kind)
  })

  test('a host with nothing loaded rather than one that would leave a model', () => {
    const hosts = [
      host('a', { m: group(1_000, cold), n: group(1_000) }),
      host('b', { m: group(1_000, cold), n: group(1_000, cold) }),
    ]
    expect(told(decide(hosts, [line('m')]))).toBe('b m interactive')
  })

  test('an idle model rather than one that is in use', () => {
    const leaving = (id: string, other: string): HostLoad =>
      host(id, {
        m: group(1_000, cold),
        n: group(1_000, { loaded: other === 'n' }),
        o: group(1_000, { loaded: other === 'o' }),
      })
    const inUse = host('busy', { n: group(1_000, full) })
    expect(told(decide([leaving('a', 'n'), leaving('b', 'o'), inUse, leaving('c', 'o')], [line('m')]))).toBe(
      'b m interactive',
    )
  })

  describe('that makes a host leave one which has jobs', () => {
    const only = [host('a', { m: group(1_000, cold), n: group(1_000, { used: 1 }) })]
    const other = (waiting: number): Line => line('n', { waiting, class: 'interactive' })

    test('waits for its turn', () => {
      const takes = (unservedMs: number): string => told(decide(only, [line('m', { unservedMs }), other(1)]))
      // Five loads: no more than a fifth of the time goes into loading.
      expect(takes(49_000)).toBe('a n interactive')
      expect(takes(50_000)).toBe('a m interactive')
    })

    test('waits longer when the other has more to do, but not for ever', () => {
      const takes = (unservedMs: number, waiting: number): string =>
        told(decide(only, [line('m', { unservedMs }), other(waiting)]))
      expect(takes(100_000, 100)).toBe('a n interactive')
      expect(takes(160_000, 100)).toBe('a m interactive')
      expect(takes(299_000, 100_000)).toBe('a n interactive')
      expect(takes(300_000, 100_000)).toBe('a m interactive')
    })

    test('may go at once when it has much more to do', () => {
      const pair = [
        host('a', { m: group(1_000, cold), n: group(1_000) }),
        host('b', { m: group(1_000, cold), n: group(1_000, full) }),
        host('c', { m: group(1_000, full), n: group(1_000, cold) }),
      ]
      const takes = (waiting: number): string => told(decide(pair, [line('m', { waiting, unservedMs: 1 }), other(4)]))
      expect(takes(40)).toBe('a n interactive')
      expect(takes(400)).toBe('a m interactive')
    })
  })

  test('two models that have each too much to do stay where they are', () => {
    const hosts = [
      host('a', { m: group(1_000, { used: 1 }), n: group(1_000, cold) }),
      host('b', { m: group(1_000, cold), n: group(1_000, full) }),
    ]
    expect(told(decide(hosts, [line('n', { waiting: 500, unservedMs: 900 }), line('m', { waiting: 500 })]))).toBe(
      'a m interactive',
    )
  })
})
