import { Bed, tokensPerMs, type HostsSpec } from '../bed.ts'
import { Client, type Outcome, type Target } from '../client.ts'
import { idealQueue } from '../ideal.ts'
import { figure } from '../report.ts'
import type { Show, ShowContext, ShowResult } from '../show.ts'
import { spread, summarize, type Summary } from '../summary.ts'
import { moderate, workload, type Arrival } from '../workload.ts'

/** Show 2: half as much again arrives as can be answered, and every request has a deadline. */

const models = ['llama3.2']
const spec: HostsSpec = { models, hosts: Array.from({ length: 4 }, () => ({ slots: 2, tokenMs: 40 })) }
const deadlineMs = 8_000
const load = 1.5
const warmUpMs = 6_000

const names = ['drover', 'least connections, 2 gateways', 'ideal'] as const
type Name = (typeof names)[number]

interface Measured {
  readonly summary: Summary
  /** Share of what the hosts could have said that was said in answers which kept their deadline. */
  readonly goodput: number
  readonly admitted: number
  readonly late: number
  readonly refusedP99Ms: number
  readonly errors5xx: number
}

export const overload: Show = {
  title: 'overload with deadlines',
  async run(context) {
    const measured = await measureAll(context)
    return resultOf(measured, context.seconds)
  },
}

const measureAll = async (context: ShowContext): Promise<Record<Name, Measured>> => {
  await using bed = new Bed(context.env, context.signal)
  const draw = (seed: number, durationMs: number, share: number) =>
    workload({ seed, durationMs, load: share, tokensPerMs: tokensPerMs(spec.hosts), lengths: moderate, models })
  const warmUp = draw(context.seed + 1, warmUpMs, 0.6)
  const arrivals = draw(context.seed, context.seconds * 1_000, load)
  const measured: Partial<Record<Name, Measured>> = {}
  for (const name of names) {
    context.progress(`show 2: ${name}`)
    const target = await startTarget(bed, name)
    await using client = new Client()
    await client.run(target, warmUp, { signal: bed.signal })
    // Whoever has no way to say its deadline leaves when it is over.
    const leaveAfterMs = name === 'drover' ? 2 * deadlineMs : deadlineMs
    measured[name] = measure(await client.run(target, arrivals, { signal: bed.signal, leaveAfterMs }), arrivals)
  }
  return measured as Record<Name, Measured>
}

const startTarget = async (bed: Bed, name: Name): Promise<Target> => {
  const hosts = await bed.startHosts(spec)
  if (name === 'ideal') return idealQueue(spec.hosts.map((host, index) => ({ ...host, url: hosts.urls[index]! })))
  if (name !== 'drover') return await bed.startPeer(name, 'least-connections', hosts, 2)
  const { target } = await bed.startDrover({ hosts, queue: { depthMax: 100_000 } })
  return { ...target, headers: { ...target.headers, 'x-drover-deadline-ms': String(deadlineMs) } }
}

const measure = (outcomes: readonly Outcome[], arrivals: readonly Arrival[]): Measured => {
  // From when the queue is full until arrivals end: what runs at either edge evens out.
  const endMs = arrivals.at(-1)!.atMs
  const startMs = endMs / 6
  const isKept = ({ ending, totalMs }: Outcome): boolean => ending === 'done' && totalMs <= deadlineMs
  const kept = outcomes.filter(outcome => isKept(outcome))
  const counted = kept.filter(({ endedAtMs }) => endedAtMs > startMs && endedAtMs <= endMs)
  const tokens = counted.reduce((sum, { arrival }) => sum + arrival.tokens, 0)
  const refused = outcomes.filter(({ ending }) => ending === 'refused')
  const admitted = outcomes.length - refused.length
  return {
    summary: summarize(outcomes),
    goodput: tokens / (tokensPerMs(spec.hosts) * (endMs - startMs)),
    admitted,
    late: admitted - kept.length,
    refusedP99Ms: spread(refused.map(({ totalMs }) => totalMs)).p99,
    errors5xx: outcomes.filter(({ status }) => status >= 500).length,
  }
}

const resultOf = (measured: Record<Name, Measured>, seconds: number): ShowResult => {
  const { drover } = measured
  return {
    setup: `4 equal hosts of 2 slots, ${load * 100} % load for ${seconds} s, deadline ${deadlineMs} ms; ideal: one queue that refuses nobody, whose clients leave at the deadline`,
    columns: ['goodput %', 'admitted', 'of them late', 'refused', 'refusal p99 ms', '5xx', 'first token p95 ms'],
    rows: names.map(name => {
      const { goodput, admitted, late, refusedP99Ms, errors5xx, summary } = measured[name]
      const refused = summary.count - admitted
      const figures = [goodput * 100, admitted, late, refused, refusedP99Ms, errors5xx, summary.firstTokenMs.p95]
      return { label: name, cells: figures.map(figure) }
    }),
    checks: [
      { what: 'goodput of capacity', measured: drover.goodput * 100, target: { atLeast: 98 }, unit: ' %' },
      {
        what: 'admitted and late',
        measured: (drover.late / drover.admitted) * 100,
        target: { atMost: 1 },
        unit: ' %',
      },
      { what: 'refusal, p99', measured: drover.refusedP99Ms, target: { atMost: 50 }, unit: ' ms' },
      { what: '5xx', measured: drover.errors5xx, target: { atMost: 0 } },
    ],
  }
}
