import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { Bed, droverConfig, hostArguments, hostsScript, loadAll, readyUrl, tokensPerMs, untilServing } from '../bed.ts'
import { Program } from '../../program.ts'
import { Client, type Outcome, type Target } from '../client.ts'
import { readJournal, seedOf, type JournalEntry } from '../journal.ts'
import { seededRandom } from '../../../../test/support/random.ts'
import { exponential } from '../../random.ts'
import { Restartable } from '../restartable.ts'
import { figure } from '../report.ts'
import type { Show, ShowContext } from '../show.ts'
import { summarize } from '../summary.ts'
import { openai } from '../wire.ts'
import { heavyTailed, workload } from '../workload.ts'

/** Show 6: hosts and workers are killed and come back while requests come in. */

const models = ['llama3.2']
const hostSpecs = [20, 20, 30, 30].map(tokenMs => ({ slots: 2, tokenMs }))
const load = 0.5
const warmUpMs = 5_000
const workers = 2
/** Mean time between two kills, beyond the least. */
const calmMs = { least: 1_500, mean: 2_000 }
const awayMs = { least: 300, mean: 1_500 }
/** Beyond it a request counts as lost. */
const patienceMs = 60_000
const root = new URL('../../../../', import.meta.url)

export const kills: Show = {
  title: 'hosts and workers are killed and come back',
  async run(context) {
    const { outcomes, entries, killed } = await measure(context)
    const summary = summarize(outcomes)
    const begun = ({ firstTokenMs }: Outcome): boolean => firstTokenMs !== undefined
    const isAllowed = (outcome: Outcome): boolean =>
      outcome.ending === 'failed' && outcome.code === 'upstream_lost' && begun(outcome)
    const allowed = outcomes.filter(outcome => isAllowed(outcome))
    const lost = outcomes.filter(outcome => outcome.ending !== 'done' && !isAllowed(outcome))
    const { doubled, excused } = countDoubled(entries, killed)
    const rows: Record<string, number | string> = {
      requests: summary.count,
      'answered, every character right': summary.endings.done ?? 0,
      'ended with upstream_lost after text': allowed.length,
      'ended in any other way': describe(lost),
      'asked of a host more than once': countStarts(entries),
      'run to the end again, as its worker was killed at that moment': excused,
      'run to the end again for no reason': doubled,
      'hosts killed': killed.filter(({ name }) => name.startsWith('host')).length,
      'workers killed': killed.filter(({ name }) => isWorker(name)).length,
      'total p95 ms': summary.totalMs.p95,
      'total longest ms': Math.max(...outcomes.map(({ totalMs }) => totalMs)),
    }
    return {
      setup: `4 hosts of 2 slots and ${workers} workers, kill -9 at random times; ${load * 100} % load for ${context.seconds} s`,
      columns: [''],
      rows: Object.entries(rows).map(([label, value]) => ({
        label,
        cells: [typeof value === 'number' ? figure(value) : value],
      })),
      checks: [
        { what: 'lost', measured: lost.length, target: { atMost: 0 } },
        { what: 'doubled', measured: doubled, target: { atMost: 0 } },
        { what: 'kills', measured: killed.length, target: { atLeast: 1 } },
      ],
    }
  },
}

interface Measured {
  readonly outcomes: readonly Outcome[]
  readonly entries: readonly JournalEntry[]
  readonly killed: readonly Kill[]
}

interface Kill {
  readonly name: string
  /** Unix milliseconds. */
  readonly at: number
}

const isWorker = (name: string): boolean => name.startsWith('worker')

/** A worker killed so soon after a host's last word had not told the log of it: the answer's end is made again. */
const unsaidMs = 250

const measure = async (context: ShowContext): Promise<Measured> => {
  const death = new AbortController()
  await using bed = new Bed(context.env, AbortSignal.any([context.signal, death.signal]))
  await using owned = new AsyncDisposableStack()
  const journal = path.join(await bed.processes.folder(), 'journal')
  const restartable = (name: string, script: string, args: () => readonly string[], env: NodeJS.ProcessEnv) => {
    const file = fileURLToPath(new URL(script, root))
    const all = { ...context.env, ...env }
    const start = (onDeath: (error: Error) => void): Program =>
      new Program({ name, command: process.execPath, args: [file, ...args()], env: all, lifeline: 'ipc' }, onDeath)
    return owned.use(new Restartable(name, start, error => death.abort(error)))
  }

  // A host that comes back has its old port.
  const ports = hostSpecs.map(() => 0)
  const hosts = hostSpecs.map((host, index) => {
    const args = () => hostArguments({ hosts: [host], models }, journal, [ports[index]!])
    return restartable(`host ${index}`, hostsScript, args, {})
  })
  const urls: string[] = []
  for (const [index, { program }] of hosts.entries()) {
    const { urls: own } = JSON.parse(await program.firstLine) as { urls: [string] }
    urls.push(own[0])
    await loadAll(own[0], models)
    ports[index] = Number(new URL(own[0]).port)
  }
  const env = await bed.droverEnv(droverConfig({ hosts: { urls, spec: { hosts: hostSpecs, models } } }))
  const crew = Array.from({ length: workers }, (_, index) =>
    restartable(`worker ${index}`, 'services/worker/src/main.ts', () => [], env),
  )
  await Promise.all(crew.map(({ program }) => program.firstMessage))
  const url = await readyUrl(bed.processes.startNode('api', 'services/api/src/main.ts', [], env))
  await untilServing(url, urls.length, {}, bed.signal)
  const target: Target = { name: 'drover', wire: openai, route: () => ({ url }) }
  return { ...(await killAndAsk(context, bed, target, [...hosts, ...crew])), entries: await readJournal(journal) }
}

const killAndAsk = async (
  { seed, seconds, progress }: ShowContext,
  bed: Bed,
  target: Target,
  victims: readonly Restartable[],
): Promise<Omit<Measured, 'entries'>> => {
  const draw = (ofSeed: number, durationMs: number, share: number) =>
    workload({
      seed: ofSeed,
      durationMs,
      load: share,
      tokensPerMs: tokensPerMs(hostSpecs),
      lengths: heavyTailed,
      models,
    })
  await using client = new Client()
  await client.run(target, draw(seed + 1, warmUpMs, load), { signal: bed.signal })
  const asked = client.run(target, draw(seed, seconds * 1_000, load), {
    signal: bed.signal,
    leaveAfterMs: patienceMs,
  })
  const killed: Kill[] = []
  const random = seededRandom(seed)
  const untilMs = performance.now() + seconds * 1_000
  while (performance.now() < untilMs) {
    await sleep(calmMs.least + exponential(random, calmMs.mean), undefined, { signal: bed.signal })
    // One at a time: with all of a kind gone, requests only wait.
    const victim = victims[Math.floor(random() * victims.length)]!
    progress(`show 6: kill -9 ${victim.name}`)
    killed.push({ name: victim.name, at: Date.now() })
    await victim.kill(awayMs.least + exponential(random, awayMs.mean), bed.signal)
  }
  return { outcomes: await asked, killed }
}

/** Requests that a host has more than once. What only loads a model has no seed. */
const repeated = (entries: readonly JournalEntry[]): JournalEntry[][] => {
  const asked = entries.filter(entry => !Number.isNaN(seedOf(entry)))
  return [...Map.groupBy(asked, entry => seedOf(entry)).values()].filter(({ length }) => length > 1)
}

const countDoubled = (
  entries: readonly JournalEntry[],
  killed: readonly Kill[],
): { doubled: number; excused: number } => {
  const again = repeated(entries.filter(({ outcome }) => outcome === 'done'))
  const isExcused = ([first]: readonly JournalEntry[]): boolean =>
    killed.some(({ name, at }) => isWorker(name) && Math.abs(at - (first?.endedAt ?? 0)) < unsaidMs)
  const excused = again.filter(runs => isExcused(runs)).length
  return { doubled: again.length - excused, excused }
}

/** What a kill cost: work that was begun again. */
const countStarts = (entries: readonly JournalEntry[]): number =>
  repeated(entries.filter(({ outcome }) => outcome === undefined)).length

const describe = (outcomes: readonly Outcome[]): string => {
  const kinds = new Map<string, number>()
  for (const { ending, status, code = '' } of outcomes) {
    const kind = `${ending} ${status} ${code}`.trim()
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  return kinds.size === 0 ? '0' : [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')
}
