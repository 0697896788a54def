import { Bed, tokensPerMs, type Drover, type HostsSpec } from '../bed.ts'
import { Client, questionOf, type Target } from '../client.ts'
import { figure } from '../report.ts'
import type { Show } from '../show.ts'
import { endingsText, summarize } from '../summary.ts'
import { workload, type Arrival } from '../workload.ts'

/** Show 5: one caller has more waiting than can be answered in minutes, and another one asks. */

const model = 'llama3.2'
const tokens = 16
const backlog = 10_000
const asked = 100
const spec: HostsSpec = { models: [model], hosts: Array.from({ length: 4 }, () => ({ slots: 4, tokenMs: 25 })) }
const serviceMs = tokens * 25
/** Of what the hosts can do: the other caller is no crowd. */
const otherLoad = 0.2
const keys = ['key-of-the-crowd', 'key-of-the-other'] as const
/** Of the first caller's requests, so many may be on their way into the queue: an api's backlog of connections is short. */
const enteringMax = 200

export const fairness: Show = {
  title: 'ten thousand requests of one caller, then another caller',
  async run({ env, signal, progress, seed }) {
    await using bed = new Bed(env, signal)
    const hosts = await bed.startHosts(spec)
    // Headers at once: they say that a request is in the queue.
    const queue = { depthMax: 100_000, deadlineMs: 3_600_000 }
    const drover = await bed.startDrover({ hosts, keys, queue, headersAfterMs: 0 })
    const [crowd, other] = keys.map(key => targetOf(drover, key)) as [Target, Target]
    await using otherClient = new Client()
    progress('show 5: alone')
    const alone = summarize(await otherClient.run(other, arrivalsOf(seed + 1), { signal: bed.signal }))
    // Destroyed at the end with all that still waits.
    await using crowdClient = new Client()
    progress(`show 5: ${backlog} requests of the first caller`)
    const waiting = await fill(crowdClient, crowd, bed.signal)
    progress(`show 5: ${waiting()} wait; ${asked} of the other`)
    const before = waiting()
    const outcomes = await otherClient.run(other, arrivalsOf(seed), { signal: bed.signal })
    const summary = summarize(outcomes)
    const waitMs = summary.firstTokenMs.p95 - spec.hosts[0]!.tokenMs
    return {
      setup: `4 hosts of 4 slots, ${serviceMs} ms a request; ${before} of the first caller wait when ${asked} of the other begin, at ${otherLoad * 100} % of what the hosts can do; ${waiting()} still wait when they end`,
      columns: ['first token mean', 'p50', 'p95', 'p99', 'total p95', 'requests', ''],
      rows: Object.entries({ 'the other, alone': alone, 'the other, behind the first': summary }).map(
        ([label, { firstTokenMs: first, totalMs, count, ...rest }]) => ({
          label,
          cells: [
            ...[first.mean, first.p50, first.p95, first.p99, totalMs.p95, count].map(figure),
            endingsText({ firstTokenMs: first, totalMs, count, ...rest }),
          ],
        }),
      ),
      checks: [
        { what: 'p95 wait in service times', measured: waitMs / serviceMs, target: { atMost: 2 } },
        { what: 'not answered', measured: summary.count - (summary.endings.done ?? 0), target: { atMost: 0 } },
        { what: 'waiting of the first caller', measured: before, target: { atLeast: backlog } },
      ],
    }
  },
}

const targetOf = ({ target }: Drover, key: string): Target => ({
  ...target,
  headers: { authorization: `Bearer ${key}` },
})

const arrivalsOf = (seed: number): Arrival[] => {
  const perMs = tokensPerMs(spec.hosts) * otherLoad
  const durationMs = (asked * tokens) / perMs
  const options = { seed, durationMs, tokensPerMs: tokensPerMs(spec.hosts), load: otherLoad, models: [model] }
  return workload({ ...options, lengths: () => tokens })
}

/** Asks until so many wait for an answer. @returns how many wait now. */
const fill = async (client: Client, target: Target, signal: AbortSignal): Promise<() => number> => {
  let sent = 0
  let entered = 0
  let open = 0
  const full = Promise.withResolvers<void>()
  const enter = (): void => {
    while (sent - entered < enteringMax && open < backlog) {
      const arrival = { atMs: 0, seed: 50_000_000 + sent++, model, tokens }
      const nowMs = performance.now()
      open++
      const options = { dueMs: nowMs, startedMs: nowMs, signal, onStatus: () => (entered++, enter()) }
      void client.ask(target, questionOf(arrival), arrival, options).then(outcome => {
        open--
        if (outcome.ending !== 'done')
          full.reject(new Error(`a request of the first caller ended as ${JSON.stringify(outcome)}`))
      })
    }
    if (open >= backlog && sent === entered) full.resolve()
  }
  enter()
  await full.promise
  return () => open
}
