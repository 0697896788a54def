import { Bed, tokensPerMs, type Hosts, type HostsSpec } from '../bed.ts'
import { Client, type Target } from '../client.ts'
import { idealQueue } from '../ideal.ts'
import { figure } from '../report.ts'
import type { Check, Show, ShowContext } from '../show.ts'
import { endingsText, summarize, type Summary } from '../summary.ts'
import { heavyTailed, workload } from '../workload.ts'

/** Show 1: who takes the next request, when hosts differ and answers differ. */

const models = ['llama3.2']
const spec: HostsSpec = {
  models,
  hosts: [12, 24, 48].map(tokenMs => ({ slots: 2, tokenMs })),
}

type Start = (bed: Bed, hosts: Hosts) => Promise<Target>

const variants: Readonly<Record<string, Start>> = {
  ideal: (_bed, { urls }) =>
    Promise.resolve(idealQueue(spec.hosts.map((host, index) => ({ ...host, url: urls[index]! })))),
  drover: async (bed, hosts) => (await bed.startDrover({ hosts })).target,
  'least connections, 2 gateways': (bed, hosts) =>
    bed.startPeer('least connections, 2 gateways', 'least-connections', hosts, 2),
  'round robin': (bed, hosts) => bed.startPeer('round robin', 'round-robin', hosts, 1),
  random: (bed, hosts) => bed.startPeer('random', 'random', hosts, 1),
}

const names = Object.keys(variants)
/** Long enough to learn how fast hosts are. */
const warmUpMs = 6_000
const warmUpLoad = 0.6

export const uneven: Show = {
  title: 'uneven hosts, heavy-tailed lengths',
  async run(context) {
    const byLoad = new Map<number, Record<string, Summary>>()
    for (const load of context.loads) byLoad.set(load, await measureLoad(load, context))
    return {
      setup: `3 hosts of 2 slots, speeds 1 : 2 : 4; Poisson arrivals for ${context.seconds} s, the same for all; ms since a request was due`,
      columns: ['first token mean', 'p95', 'p99', 'total mean', 'p95', 'p99', 'total p95 × ideal', 'requests', ''],
      rows: [...byLoad].flatMap(([load, summaries]) => [
        { heading: `at ${load} %` },
        ...names.map(name => ({ label: name, cells: cells(summaries[name]!, summaries['ideal']!) })),
      ]),
      checks: [...byLoad].flatMap(([load, summaries]) => checksOf(load, summaries)),
    }
  },
}

/** One after another: side by side they would share the machine's cores. */
const measureLoad = async (load: number, context: ShowContext): Promise<Record<string, Summary>> => {
  await using bed = new Bed(context.env, context.signal)
  const draw = (seed: number, durationMs: number, share: number) =>
    workload({ seed, durationMs, load: share, tokensPerMs: tokensPerMs(spec.hosts), lengths: heavyTailed, models })
  const warmUp = draw(context.seed + 1, warmUpMs, warmUpLoad)
  const arrivals = draw(context.seed, context.seconds * 1_000, load / 100)
  const summaries: Record<string, Summary> = {}
  for (const [name, start] of Object.entries(variants)) {
    context.progress(`show 1: ${load} %, ${name}`)
    const target = await start(bed, await bed.startHosts(spec))
    await using client = new Client()
    await client.run(target, warmUp, { signal: bed.signal })
    const drainMs = context.seconds * 1_000
    summaries[name] = summarize(await client.run(target, arrivals, { signal: bed.signal, drainMs }))
  }
  return summaries
}

const cells = (own: Summary, ideal: Summary): string[] => [
  ...[own.firstTokenMs, own.totalMs].flatMap(({ mean, p95, p99 }) => [mean, p95, p99].map(figure)),
  figure(own.totalMs.p95 / ideal.totalMs.p95),
  String(own.count),
  endingsText(own),
]

const checksOf = (load: number, summaries: Record<string, Summary>): Check[] => {
  const { drover, ideal } = summaries as Record<'drover' | 'ideal', Summary>
  const least = summaries['least connections, 2 gateways']!
  const overIdeal = { atMost: 1.05 }
  return [
    { what: `${load} %: mean total × ideal`, measured: drover.totalMs.mean / ideal.totalMs.mean, target: overIdeal },
    { what: `${load} %: p95 total × ideal`, measured: drover.totalMs.p95 / ideal.totalMs.p95, target: overIdeal },
    {
      what: `${load} %: p95 total × least connections`,
      measured: drover.totalMs.p95 / least.totalMs.p95,
      target: { atMost: 0.7 },
    },
    { what: `${load} %: not answered`, measured: drover.count - (drover.endings.done ?? 0), target: { atMost: 0 } },
  ]
}
