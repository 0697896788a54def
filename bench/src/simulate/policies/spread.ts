import { nthHost } from '@drover/shared/scheduling/placement'
import { seededRandom, type Random } from '../../../../test/support/random.ts'
import type { SimHost } from '../sim-host.ts'
import type { Policy, PolicyMaker, World } from '../simulation.ts'
import type { SimJob } from '../workload.ts'

/** Policies that give a job to a host as it arrives, where it waits. */

const seed = 1

const onArrival =
  (makeChoice: (world: World) => (job: SimJob) => SimHost): PolicyMaker =>
  (world): Policy => {
    const choose = makeChoice(world)
    return { arrived: job => choose(job).submit(job), ended: () => {} }
  }

export const randomHost = onArrival(({ hosts }) => {
  const random = seededRandom(seed)
  return () => anyOf(hosts, random)
})

const inTurn = (weightOf: (host: SimHost) => number): PolicyMaker =>
  onArrival(({ hosts }) => {
    const weighted = hosts.map(host => ({ id: host.spec.id, weight: weightOf(host) }))
    const byId = new Map(hosts.map(host => [host.spec.id, host]))
    let turn = 0
    return () => byId.get(nthHost(weighted, turn++)!)!
  })

export const roundRobin = inTurn(() => 1)
/** By what each host can really do, as an operator who has measured would set it. */
export const weighted = inTurn(({ spec }) => spec.speed * spec.slots)

/** What most gateways do. Each counts only what it has sent itself. */
export const leastConnections =
  (gateways: number): PolicyMaker =>
  world => {
    const random = seededRandom(seed)
    const open = Array.from({ length: gateways }, () => new Map<SimHost, number>())
    const sentBy = new Map<SimJob, Map<SimHost, number>>()
    const add = (counts: Map<SimHost, number>, host: SimHost, by: number): void => {
      counts.set(host, (counts.get(host) ?? 0) + by)
    }
    return {
      arrived: job => {
        const counts = anyOf(open, random)
        const least = Math.min(...world.hosts.map(host => counts.get(host) ?? 0))
        const host = anyOf(
          world.hosts.filter(other => (counts.get(other) ?? 0) === least),
          random,
        )
        add(counts, host, 1)
        sentBy.set(job, counts)
        host.submit(job)
      },
      ended: (host, job) => {
        add(sentBy.get(job)!, host, -1)
        sentBy.delete(job)
      },
    }
  }

const anyOf = <T>(items: readonly T[], random: Random): T => items[Math.floor(random() * items.length)]!
