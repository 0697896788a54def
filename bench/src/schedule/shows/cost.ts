import { setTimeout as sleep } from 'node:timers/promises'
import { HostIndex } from '@drover/shared/scheduling/host-index'
import type { HostLoad } from '@drover/shared/scheduling/load'
import { nextPull } from '@drover/shared/scheduling/pull'
import { createRedis } from '@drover/shared/redis/client'
import type { Redis } from 'ioredis'
import { Bed, droverConfig, type Hosts } from '../bed.ts'
import { cpuMs } from '../../cpu.ts'
import { ended, type JournalEntry } from '../journal.ts'
import { measureRedis } from '../redis-cost.ts'
import { figure } from '../report.ts'
import type { Check, Show } from '../show.ts'
import { spread } from '../summary.ts'
import { tokens, WaitingJobs } from '../waiting-jobs.ts'

/** Show 7: what it costs to find a free slot its job, with few and with many of both. */

const model = 'llama3.2'
const hostCounts = [3, 30, 300]
const waitingCounts = [10, 1_000, 100_000]
/** Of the fleet, however large: a host takes as long for a job as makes it so. */
const jobsPerS = 100
/** Three rounds of what a worker does every two seconds. */
const windowMs = 6_000
const settleMs = 4_000
/** Ten jobs last a tenth of a second. */
const refillMs = 20

interface Cell {
  readonly jobs: number
  /** Of Redis, per job, without what it does for a worker that has nothing to do. */
  readonly redisUs: number
  readonly commands: number
  /** Of the worker, likewise. */
  readonly cpuUs: number
  /** From the end of a job on a host to the beginning of the next one there, median. */
  readonly gapMs: number
  readonly decisionUs: number
}

export const cost: Show = {
  title: 'what a decision and a pull cost',
  async run({ env, signal, progress }) {
    const cells = new Map<string, Cell>()
    for (const hosts of hostCounts) {
      await using bed = new Bed(env, signal)
      for (const [waiting, cell] of await measureFleet(bed, hosts, progress)) cells.set(keyOf(hosts, waiting), cell)
    }
    const at = (hosts: number, waiting: number): Cell => cells.get(keyOf(hosts, waiting))!
    return {
      setup: `one worker, hosts of one slot, ${jobsPerS} jobs a second whatever the number of hosts; per job, less what the idle worker costs`,
      columns: ['jobs', 'Redis µs', 'commands', 'worker CPU µs', 'slot idle p50 ms', 'decision µs'],
      rows: hostCounts.flatMap(hosts => [
        { heading: `${hosts} hosts` },
        ...waitingCounts.map(waiting => {
          const { jobs, redisUs, commands, cpuUs, gapMs, decisionUs } = at(hosts, waiting)
          const figures = [jobs, redisUs, commands, cpuUs, gapMs, decisionUs]
          return { label: `${waiting} waiting`, cells: figures.map(figure) }
        }),
      ]),
      checks: [
        ...hostCounts.map(hosts => flat(`${hosts} hosts, 100,000 : 10 waiting`, at(hosts, 100_000), at(hosts, 10))),
        ...waitingCounts.map(waiting => flat(`${waiting} waiting, 300 : 3 hosts`, at(300, waiting), at(3, waiting))),
        {
          what: 'a decision, 300 : 3 hosts',
          measured: at(300, 10).decisionUs / at(3, 10).decisionUs,
          target: { atMost: 2 },
          unit: ' ×',
        },
      ],
    }
  },
}

const keyOf = (hosts: number, waiting: number): string => `${hosts} ${waiting}`

const flat = (what: string, many: Cell, few: Cell): Check => ({
  what: `Redis µs per job, ${what}`,
  measured: many.redisUs / few.redisUs,
  target: { atMost: 1.3 },
  unit: ' ×',
})

const measureFleet = async (
  bed: Bed,
  count: number,
  progress: (line: string) => void,
): Promise<[waiting: number, Cell][]> => {
  progress(`show 7: ${count} hosts`)
  const tokenMs = Math.round((count * 1_000) / jobsPerS / tokens)
  const hosts = await bed.startHosts({
    models: [model],
    hosts: Array.from({ length: count }, () => ({ slots: 1, tokenMs })),
  })
  // A probe costs the same whether jobs wait or not.
  const config = { ...droverConfig({ hosts }), probe: { intervalMs: 60_000 } }
  const env = await bed.droverEnv(config)
  using owned = new DisposableStack()
  const redis = owned.adopt(createRedis(env['REDIS_URL']!, 'worker'), connection => connection.disconnect())
  const worker = bed.processes.startNode('worker', 'services/worker/src/main.ts', [], env)
  await worker.firstMessage
  await using jobs = new WaitingJobs(redis, config.redis!.prefix!, model)
  // The first jobs also tell how fast hosts are.
  await keep(jobs, count, settleMs)
  await sleep(settleMs + tokens * tokenMs)
  const idle = await measureIdle(redis, worker.pid)
  // Hosts that began together would end together, again and again.
  for (let started = 0; started < count; started++) {
    await jobs.add(1)
    await sleep(1_000 / jobsPerS)
  }
  const cells: [number, Cell][] = []
  for (const waiting of waitingCounts) {
    progress(`show 7: ${count} hosts, ${waiting} waiting`)
    await jobs.fillTo(waiting)
    await keep(jobs, waiting, settleMs)
    cells.push([waiting, await measureCell({ redis, pid: worker.pid, hosts, jobs, waiting, idle })])
  }
  return cells
}

const keep = async (jobs: WaitingJobs, waiting: number, forMs: number): Promise<void> => {
  for (const untilMs = performance.now() + forMs; performance.now() < untilMs;) {
    await jobs.fillTo(waiting)
    await sleep(refillMs)
  }
}

/** Per millisecond. */
interface Idle {
  readonly redisUs: number
  readonly commands: number
  readonly cpuMs: number
}

const measureIdle = async (redis: Redis, pid: number): Promise<Idle> => {
  const before = cpuMs(pid) ?? NaN
  const { us, commands } = await measureRedis(redis, () => sleep(windowMs))
  return { redisUs: us / windowMs, commands: commands / windowMs, cpuMs: ((cpuMs(pid) ?? NaN) - before) / windowMs }
}

interface CellOptions {
  readonly redis: Redis
  readonly pid: number
  readonly hosts: Hosts
  readonly jobs: WaitingJobs
  readonly waiting: number
  readonly idle: Idle
}

const measureCell = async ({ redis, pid, hosts, jobs, waiting, idle }: CellOptions): Promise<Cell> => {
  const startedAt = Date.now()
  const before = cpuMs(pid) ?? NaN
  const { us, commands } = await measureRedis(redis, () => keep(jobs, waiting, windowMs))
  const usedMs = (cpuMs(pid) ?? NaN) - before
  const spentMs = Date.now() - startedAt
  const entries = ended(await hosts.journal()).filter(
    ({ endedAt = 0 }) => endedAt >= startedAt && endedAt <= startedAt + spentMs,
  )
  const failed = entries.find(({ outcome }) => outcome !== 'done')
  if (failed !== undefined) throw new Error(`a job ended on its host as ${failed.outcome}`)
  const count = entries.length
  return {
    jobs: count,
    redisUs: (us - idle.redisUs * spentMs) / count,
    commands: (commands - idle.commands * spentMs) / count,
    cpuUs: ((usedMs - idle.cpuMs * spentMs) * 1_000) / count,
    gapMs: spread(gapsMs(entries)).p50,
    decisionUs: decisionUs(hosts.urls.length, waiting),
  }
}

const gapsMs = (entries: readonly JournalEntry[]): number[] => {
  const lastEnd = new Map<number, number>()
  return entries.flatMap(({ host, startedAt, endedAt = startedAt }) => {
    const previous = lastEnd.get(host)
    lastEnd.set(host, endedAt)
    return previous === undefined ? [] : startedAt - previous
  })
}

const decisions = 10_000
const batches = 7

/** A slot comes free somewhere, and the next job is given to it: in this process, with the very function the worker asks. */
const decisionUs = (count: number, waiting: number): number => {
  const loadOf = (index: number, used: number): HostLoad => {
    const speed = { firstTokenMs: 100, tokenMs: 10 + (index % 7), tokens: 100, promptCharMs: 0.1 }
    const group = { slots: 1, used, loaded: true, speed, loadMs: 10_000 }
    return { id: `host-${index}`, open: true, slots: 1, used, groups: { [model]: group } }
  }
  const hosts = new HostIndex(Array.from({ length: count }, (_, index) => loadOf(index, 1)))
  const line = { model, class: 'interactive' as const, waiting, headWaitMs: 1_000, unservedMs: 10 }
  const state = {
    hosts,
    lines: [line],
    settings: { swapAfterMs: 10_000, backgroundAfterMs: 60_000, batchAfterMs: 600_000 },
  }
  const decide = (times: number): void => {
    for (let index = 0; index < times; index++) {
      const host = (index * 7) % count
      hosts.set(loadOf(host, 0))
      if (nextPull(state).kind === 'nothing') throw new Error('a free host took no job')
      hosts.set(loadOf(host, 1))
    }
  }
  const times = Array.from({ length: batches }, () => {
    const startedMs = performance.now()
    decide(decisions)
    return ((performance.now() - startedMs) * 1_000) / decisions
  })
  // The least disturbed one.
  return Math.min(...times)
}
