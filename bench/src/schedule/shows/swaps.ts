import { Bed, tokensPerMs, type HostsSpec } from '../bed.ts'
import { Client } from '../client.ts'
import { figure } from '../report.ts'
import type { Show, ShowContext } from '../show.ts'
import { endingsText, summarize, type Summary } from '../summary.ts'
import { moderate, workload } from '../workload.ts'

/** Show 3: two models, of which a host has room for one. */

const models = ['llama3.2', 'qwen3']
const spec: HostsSpec = {
  models,
  hosts: Array.from({ length: 4 }, () => ({ slots: 2, tokenMs: 20 })),
  loadMs: 2_000,
  maxLoadedModels: 1,
}
const load = 0.6
const warmUpMs = 8_000

const names = ['drover', 'least connections, 2 gateways'] as const
type Name = (typeof names)[number]

interface Measured {
  readonly summary: Summary
  /** Since the end of the warm-up. */
  readonly loads: number
}

export const swaps: Show = {
  title: 'two models that do not fit together',
  async run(context) {
    const measured = await measureAll(context)
    const [drover, least] = names.map(name => measured[name]) as [Measured, Measured]
    return {
      setup: `4 hosts of 2 slots with room for one model, ${spec.loadMs} ms to load; ${load * 100} % load for ${context.seconds} s, half of it for either model`,
      columns: ['loads', 'first token mean', 'p95', 'p99', 'total mean', 'p95', 'p99', 'requests', ''],
      rows: names.map(name => {
        const { summary, loads } = measured[name]
        const spreads = [summary.firstTokenMs, summary.totalMs].flatMap(({ mean, p95, p99 }) => [mean, p95, p99])
        return { label: name, cells: [...[loads, ...spreads, summary.count].map(figure), endingsText(summary)] }
      }),
      checks: [
        // A run without a load counts as one with one: nothing can be divided by zero.
        { what: 'fewer loads', measured: least.loads / Math.max(1, drover.loads), target: { atLeast: 5 }, unit: ' ×' },
        {
          what: 'p95 total × least connections',
          measured: drover.summary.totalMs.p95 / least.summary.totalMs.p95,
          target: { atMost: 1 },
        },
        {
          what: 'not answered',
          measured: drover.summary.count - (drover.summary.endings.done ?? 0),
          target: { atMost: 0 },
        },
      ],
    }
  },
}

const measureAll = async (context: ShowContext): Promise<Record<Name, Measured>> => {
  await using bed = new Bed(context.env, context.signal)
  const draw = (seed: number, durationMs: number, share: number) =>
    workload({ seed, durationMs, load: share, tokensPerMs: tokensPerMs(spec.hosts), lengths: moderate, models })
  const warmUp = draw(context.seed + 1, warmUpMs, load / 2)
  const arrivals = draw(context.seed, context.seconds * 1_000, load)
  const measured: Partial<Record<Name, Measured>> = {}
  for (const name of names) {
    context.progress(`show 3: ${name}`)
    const hosts = await bed.startHosts(spec)
    const target =
      name === 'drover'
        ? (await bed.startDrover({ hosts })).target
        : await bed.startPeer(name, 'least-connections', hosts, 2)
    await using client = new Client()
    const limits = { signal: bed.signal, drainMs: context.seconds * 1_000 }
    await client.run(target, warmUp, limits)
    const before = await hosts.loads()
    const summary = summarize(await client.run(target, arrivals, limits))
    measured[name] = { summary, loads: (await hosts.loads()) - before }
  }
  return measured as Record<Name, Measured>
}
