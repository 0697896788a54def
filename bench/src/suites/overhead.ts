import { availableParallelism, loadavg } from 'node:os'
import { cpuMs } from '../cpu.ts'
import { runLoad, type Load } from '../load.ts'
import { readOptions, type Count } from '../options.ts'
import { percentile } from '../statistics.ts'
import type { Suite } from '../suite.ts'
import { startTestBed, variantNames, type TestBed, type Variant, type VariantName } from '../test-bed.ts'
import { overheadReport } from './overhead-report.ts'
import { summarize, type Figures, type Round } from './overhead-summary.ts'

/** What drover adds to a request, measured against a bare proxy and the host itself, all in the same run. */

const counts = {
  rounds: { default: 5, min: 1, max: 100 },
  requests: { default: 300, min: 1, max: 10_000 },
  streams: { default: 150, min: 1, max: 2_000 },
  slots: { default: 16, min: 1, max: 256 },
} satisfies Record<string, Count>

/** One at a time, a request costs milliseconds; a busy phase needs more of them to last. */
const busyFactor = 8
/** More clients than slots: the queue is never empty, a freed slot always has work. */
const clientsPerSlot = 2
const tokens = { json: 16, stream: 64 } as const
/** A quarter of a round, thrown away: code gets compiled and connections get opened. */
const warmUp = (count: number): number => Math.ceil(count / 4)

export interface OverheadOptions {
  readonly rounds: number
  readonly requests: number
  readonly streams: number
  readonly slots: number
}

export const overhead: Suite = {
  summary: 'latency, throughput and CPU that drover adds, against a bare proxy and the host itself',
  usage: `    --rounds N    interleaved rounds, of which the medians are shown (${counts.rounds.default})
    --requests N  JSON requests one at a time, per variant and round; ${busyFactor} × as many busy (${counts.requests.default})
    --streams N   the same for streams of ${tokens.stream} tokens (${counts.streams.default})
    --slots N     slots of the host; ${clientsPerSlot} × as many clients when busy (${counts.slots.default})
    --json        all figures of all rounds`,
  run: async (args, { env, signal, progress }) => {
    const { json, counts: options } = readOptions(args, counts)
    const machine = { cpus: availableParallelism(), node: process.version, load1: loadavg()[0]! }
    progress('starting redis, a stand-in host, the proxy, drover without guards and drover with guards')
    await using bed = await startTestBed({ slots: options.slots, env, signal })
    const { requests, streams } = options
    progress('warming up')
    await measureRound(bed, { ...options, requests: warmUp(requests), streams: warmUp(streams) }, 0)
    const rounds: Round[] = []
    for (let round = 1; round <= options.rounds; round += 1) {
      progress(`round ${round} of ${options.rounds}`)
      rounds.push(await measureRound(bed, options, round))
    }
    const result = { options, machine, summary: summarize(rounds), rounds }
    return json ? JSON.stringify(result, undefined, 2) : overheadReport(result)
  },
}

const us = (latenciesMs: readonly number[], share: number): number => percentile(latenciesMs, share) * 1_000

interface Phase {
  readonly load: Load
  /** What of a round's figures this phase yields. `cpu`: ms per request and process. */
  figures(result: { wallMs: number; latenciesMs: readonly number[]; cpu: Record<string, number> }): Partial<Figures>
}

const phases = ({ requests, streams, slots }: OverheadOptions): Phase[] => {
  const concurrency = slots * clientsPerSlot
  const json = { tokens: tokens.json, stream: false }
  const stream = { tokens: tokens.stream, stream: true }
  return [
    {
      load: { ...json, count: requests, concurrency: 1 },
      figures: ({ latenciesMs }) => ({ jsonP50Us: us(latenciesMs, 0.5), jsonP95Us: us(latenciesMs, 0.95) }),
    },
    {
      load: { ...stream, count: streams, concurrency: 1 },
      figures: ({ latenciesMs }) => ({ firstTokenP50Us: us(latenciesMs, 0.5), firstTokenP95Us: us(latenciesMs, 0.95) }),
    },
    {
      load: { ...json, count: requests * busyFactor, concurrency },
      figures: ({ wallMs, cpu }) => ({
        jsonPerS: (requests * busyFactor * 1_000) / wallMs,
        jsonCpuMs: cpu,
      }),
    },
    {
      load: { ...stream, count: streams * busyFactor, concurrency },
      figures: ({ wallMs, cpu }) => ({
        tokensPerS: (streams * busyFactor * tokens.stream * 1_000) / wallMs,
        streamCpuMs: cpu,
      }),
    },
  ]
}

/** Phase by phase, so that what is compared ran within seconds; who goes first changes with the round. */
const measureRound = async (bed: TestBed, options: OverheadOptions, round: number): Promise<Round> => {
  const first = round % variantNames.length
  const order = [...variantNames.slice(first), ...variantNames.slice(0, first)]
  const measured: Partial<Record<VariantName, Partial<Figures>>> = {}
  for (const phase of phases(options))
    for (const name of order)
      measured[name] = { ...measured[name], ...(await measurePhase(bed.variants[name], phase, bed.signal)) }
  return measured as Round
}

const measurePhase = async (
  { target, pids }: Variant,
  phase: Phase,
  signal: AbortSignal,
): Promise<Partial<Figures>> => {
  const before = readCpu(pids)
  const { wallMs, latenciesMs } = await runLoad(target, phase.load, signal)
  const after = readCpu(pids)
  const cpu: Record<string, number> = {}
  for (const [name, ms] of Object.entries(after)) {
    const start = before[name]
    if (ms !== undefined && start !== undefined) cpu[name] = (ms - start) / phase.load.count
  }
  return phase.figures({ wallMs, latenciesMs, cpu })
}

const readCpu = (pids: Variant['pids']): Record<string, number | undefined> =>
  Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMs(pid)]))
