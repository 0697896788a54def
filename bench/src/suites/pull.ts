import { availableParallelism, loadavg } from 'node:os'
import { readCommandCalls } from '../command-stats.ts'
import { cpuMs } from '../cpu.ts'
import { readOptions, type Count } from '../options.ts'
import { producerScriptsPerJob, type JobLoad } from '../producer.ts'
import { pullerNames, startPullBed, type PullBed, type Puller, type PullerName } from '../pull-bed.ts'
import type { Suite } from '../suite.ts'
import { pullReport } from './pull-report.ts'
import { figures, summarize, type Round, type Sample } from './pull-summary.ts'

/** Slots that pull by hand against a BullMQ `Worker` with as much concurrency, the same job in both. */

const counts = {
  rounds: { default: 5, min: 1, max: 100 },
  requests: { default: 300, min: 2, max: 5_000 },
} satisfies Record<string, Count>

const slotCounts = [1, 4, 16, 64]
/** As little of a job's own work as there can be: what differs is the pulling. */
const tokens = 1
/** One at a time, a job costs milliseconds; a busy phase needs more of them to last. */
const busyFactor = 4
/** Beyond the slots. Jobs end in bursts and the producer is slow to follow: with fewer, the queue runs empty. */
const backlog = 256

export interface PullOptions {
  readonly rounds: number
  readonly requests: number
}

const phaseNames = ['one at a time', 'a job per slot', 'saturated'] as const
export type PhaseName = (typeof phaseNames)[number]

export const pull: Suite = {
  summary: `slots that pull by hand against a BullMQ Worker, at ${slotCounts.join(', ')} slots`,
  usage: `    --rounds N    interleaved rounds per number of slots, of which the medians are shown (${counts.rounds.default})
    --requests N  jobs one at a time, per variant and round; ${busyFactor} × as many busy (${counts.requests.default})
    --json        all figures of all rounds`,
  run: async (args, { env, signal, progress }) => {
    const { json, counts: options } = readOptions(args, counts)
    const machine = { cpus: availableParallelism(), node: process.version, load1: loadavg()[0]! }
    progress('starting redis and a stand-in host')
    await using bed = await startPullBed(Math.max(...slotCounts), env, signal)
    const bySlots = []
    for (const slots of slotCounts) {
      const rounds = await measureSlots(bed, slots, options, line => progress(`slots ${slots}: ${line}`))
      const summary = byPhase(phase => summarize(rounds.map(round => round[phase])))
      bySlots.push({ slots, summary, rounds })
    }
    const result = { options, machine, bySlots }
    return json ? JSON.stringify(result, undefined, 2) : pullReport(result)
  },
}

type Pullers = Readonly<Record<PullerName, Puller>>

const byPhase = <T>(value: (phase: PhaseName) => T): Record<PhaseName, T> =>
  Object.fromEntries(phaseNames.map(name => [name, value(name)])) as Record<PhaseName, T>

const loads = (slots: number, requests: number): Record<PhaseName, JobLoad> => ({
  'one at a time': { count: requests, outstanding: 1, tokens },
  'a job per slot': { count: requests * busyFactor, outstanding: slots, tokens },
  saturated: { count: requests * busyFactor, outstanding: slots + backlog, tokens },
})

const measureSlots = (
  bed: PullBed,
  slots: number,
  { rounds: count, requests }: PullOptions,
  progress: (line: string) => void,
): Promise<Record<PhaseName, Round>[]> =>
  bed.withPullers(slots, async pullers => {
    // A whole round, thrown away: code gets compiled and connections get opened.
    progress('warming up')
    await measureRound(bed, pullers, loads(slots, requests), 0)
    const rounds = []
    for (let round = 1; round <= count; round += 1) {
      progress(`round ${round} of ${count}`)
      rounds.push(await measureRound(bed, pullers, loads(slots, requests), round))
    }
    return rounds
  })

const measureRound = async (
  bed: PullBed,
  pullers: Pullers,
  phases: Record<PhaseName, JobLoad>,
  round: number,
): Promise<Record<PhaseName, Round>> => {
  const measured: Partial<Record<PhaseName, Round>> = {}
  for (const phase of phaseNames) measured[phase] = await measurePhase(bed, pullers, phases[phase], round)
  return measured as Record<PhaseName, Round>
}

/** A, B, B, A, each with half of the jobs: what makes a machine slower from second to second hits both alike. */
const measurePhase = async (bed: PullBed, pullers: Pullers, load: JobLoad, round: number): Promise<Round> => {
  const pair = round % 2 === 0 ? pullerNames : pullerNames.toReversed()
  const half = { ...load, count: Math.ceil(load.count / 2) }
  const samples: Record<PullerName, Sample[]> = { 'BullMQ Worker': [], 'by hand': [] }
  for (const name of [...pair, ...pair.toReversed()]) samples[name].push(await takeSample(bed, pullers[name], half))
  return { 'BullMQ Worker': figures(samples['BullMQ Worker']), 'by hand': figures(samples['by hand']) }
}

const takeSample = async (bed: PullBed, { producer, pid }: Puller, load: JobLoad): Promise<Sample> => {
  const before = await readMeters(bed, pid)
  const { wallMs, latenciesMs } = await producer.run(load)
  const after = await readMeters(bed, pid)
  return {
    wallMs,
    latenciesMs,
    workerCpuMs: difference(before.workerMs, after.workerMs),
    redisCpuMs: difference(before.redisMs, after.redisMs),
    scripts: after.scripts - before.scripts - producerScriptsPerJob * load.count,
    waits: after.waits - before.waits,
  }
}

const readMeters = async ({ redis, redisPid }: PullBed, workerPid: number) => {
  const { evalsha = 0, bzpopmin = 0 } = await readCommandCalls(redis)
  return { scripts: evalsha, waits: bzpopmin, workerMs: cpuMs(workerPid), redisMs: cpuMs(redisPid) }
}

const difference = (before: number | undefined, after: number | undefined): number | undefined =>
  before === undefined || after === undefined ? undefined : after - before
