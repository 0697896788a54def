import { setTimeout as sleep } from 'node:timers/promises'
import { answer } from '../../../../test/fakes/ollama/tokens.ts'
import { Bed, type HostsSpec } from '../bed.ts'
import { Client, type Outcome, type Target } from '../client.ts'
import { ended, seedOf, type JournalEntry } from '../journal.ts'
import { seededRandom } from '../../../../test/support/random.ts'
import { exponential } from '../../random.ts'
import { figure } from '../report.ts'
import type { Show, ShowContext } from '../show.ts'
import { endingsText, summarize, type Summary } from '../summary.ts'
import type { Message } from '../wire.ts'

/** Show 4: conversations whose beginning some host has read already. */

const model = 'llama3.2'
const turns = 8
const tokens = 12
const questionChars = 500
/** An agent's, not a person's: at this load with longer pauses, more conversations are open than there are slots to remember them. */
const thinkMs = 250
const spec: HostsSpec = {
  models: [model],
  hosts: Array.from({ length: 4 }, () => ({ slots: 2, tokenMs: 20 })),
  promptCharMs: 0.15,
}
/** Of what the hosts could do if nothing were ever remembered. */
const load = 0.7
const warmUpMs = 10_000

interface Turn {
  readonly seed: number
  readonly turn: number
  readonly question: string
  /** After the answer before. */
  readonly thinkMs: number
}

interface Conversation {
  readonly atMs: number
  readonly turns: readonly Turn[]
}

interface Measured {
  readonly first: Summary
  readonly later: Summary
  /** Of the later turns, the share whose whole past the host still had. */
  readonly hits: number
  /** That came to the host of the turn before, whether it still remembered it or not. */
  readonly sameHost: number
  /** The busiest host's share of the turns × that of an even spread. */
  readonly busiest: number
}

const names = ['no affinity', 'affinity'] as const
type Name = (typeof names)[number]

export const conversations: Show = {
  title: 'conversations of eight turns',
  async run(context) {
    const measured = await measureAll(context)
    const { affinity, 'no affinity': none } = measured
    return {
      setup: `4 hosts of 2 slots, ${spec.promptCharMs} ms per character that a slot does not remember, ${turns} turns of ${questionChars} characters, pauses of ${thinkMs} ms; ${load * 100} % load for ${context.seconds} s if nothing were remembered; later turns only`,
      columns: [
        'warm %',
        'same host %',
        'first token mean',
        'p95',
        'p99',
        'total mean',
        'p95',
        'busiest host × even',
        'turns',
        '',
      ],
      rows: names.map(name => {
        const { hits, sameHost, busiest, later } = measured[name]
        const { firstTokenMs: first, totalMs: total } = later
        const figures = [
          hits * 100,
          sameHost * 100,
          first.mean,
          first.p95,
          first.p99,
          total.mean,
          total.p95,
          busiest,
          later.count,
        ]
        return { label: name, cells: [...figures.map(figure), endingsText(later)] }
      }),
      checks: [
        { what: 'later turns on the warm host', measured: affinity.hits * 100, target: { atLeast: 60 }, unit: ' %' },
        {
          what: 'mean time to first token × no affinity',
          measured: affinity.later.firstTokenMs.mean / none.later.firstTokenMs.mean,
          target: { atMost: 0.6 },
        },
        {
          what: 'p99 to first token × no affinity',
          measured: affinity.later.firstTokenMs.p99 / none.later.firstTokenMs.p99,
          target: { atMost: 1 },
        },
        {
          what: 'first turns, mean to first token × no affinity',
          measured: affinity.first.firstTokenMs.mean / none.first.firstTokenMs.mean,
          target: { atMost: 1.05 },
        },
      ],
    }
  },
}

const measureAll = async (context: ShowContext): Promise<Record<Name, Measured>> => {
  await using bed = new Bed(context.env, context.signal)
  const warmUp = drawConversations(context.seed + 1, warmUpMs)
  const asked = drawConversations(context.seed, context.seconds * 1_000)
  const measured: Partial<Record<Name, Measured>> = {}
  for (const name of names) {
    context.progress(`show 4: ${name}`)
    const hosts = await bed.startHosts(spec)
    const { target } = await bed.startDrover({ name, hosts, queue: { affinity: name === 'affinity' } })
    await using client = new Client()
    await converse(client, target, warmUp, bed.signal)
    const before = (await hosts.journal()).length
    const outcomes = await converse(client, target, asked, bed.signal)
    measured[name] = measure(outcomes, ended((await hosts.journal()).slice(before)))
  }
  return measured as Record<Name, Measured>
}

/** What all turns would cost if each were read from its beginning, ms. */
const coldMs = (): number => {
  const { promptCharMs = 0, hosts } = spec
  const answerChars = 5 * tokens
  let sum = 0
  for (let turn = 0; turn < turns; turn++)
    sum += ((turn + 1) * questionChars + turn * answerChars) * promptCharMs + tokens * hosts[0]!.tokenMs
  return sum
}

const drawConversations = (seed: number, durationMs: number): Conversation[] => {
  const random = seededRandom(seed)
  const slots = spec.hosts.reduce((sum, host) => sum + host.slots, 0)
  const count = Math.max(1, Math.round((load * slots * durationMs) / coldMs()))
  return Array.from({ length: count }, (_, index) => ({
    atMs: random() * durationMs,
    turns: Array.from({ length: turns }, (_unused, turn) => {
      const name = seed * 100_000 + index * turns + turn
      // No two begin alike.
      const question = `${name} `.padEnd(questionChars, 'count the sheep ')
      return { seed: name, turn, question, thinkMs: exponential(random, thinkMs) }
    }),
  }))
}

/** Conversations begin when they are due; a turn follows the answer before it. */
const converse = async (
  client: Client,
  target: Target,
  drawn: readonly Conversation[],
  signal: AbortSignal,
): Promise<[turn: number, outcome: Outcome][]> => {
  const startedMs = performance.now()
  const all = await Promise.all(
    drawn.map(async conversation => {
      const outcomes: [number, Outcome][] = []
      const messages: Message[] = []
      let dueMs = startedMs + conversation.atMs
      for (const { seed, turn, question, thinkMs: pauseMs } of conversation.turns) {
        await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal })
        messages.push({ role: 'user', content: question })
        const arrival = { atMs: dueMs - startedMs, seed, model, tokens }
        const asked = { model, seed, tokens, messages: [...messages] }
        outcomes.push([turn, await client.ask(target, asked, arrival, { dueMs, startedMs, signal })])
        messages.push({ role: 'assistant', content: answer(seed, tokens) })
        dueMs = performance.now() + pauseMs
      }
      return outcomes
    }),
  )
  return all.flat()
}

const measure = (outcomes: readonly [number, Outcome][], entries: readonly JournalEntry[]): Measured => {
  const done = entries.filter(({ outcome }) => outcome === 'done')
  // A turn reads its own question and the few characters around it.
  const isWarm = ({ promptChars, cachedChars }: JournalEntry): boolean =>
    promptChars - cachedChars < questionChars * 1.2
  const later = done.filter(({ promptChars }) => promptChars > questionChars * 1.2)
  const hostOf = new Map(done.map(entry => [seedOf(entry), entry.host]))
  const isSameHost = (entry: JournalEntry): boolean => hostOf.get(seedOf(entry) - 1) === entry.host
  const byHost = spec.hosts.map((_, index) => done.filter(({ host }) => host === index).length)
  const of = (isFirst: boolean): Outcome[] =>
    outcomes.filter(([turn]) => (turn === 0) === isFirst).map(([, outcome]) => outcome)
  return {
    first: summarize(of(true)),
    later: summarize(of(false)),
    hits: later.filter(entry => isWarm(entry)).length / later.length,
    sameHost: later.filter(entry => isSameHost(entry)).length / later.length,
    busiest: (Math.max(...byHost) * byHost.length) / done.length,
  }
}
