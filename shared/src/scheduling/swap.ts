import type { HostGroup, Member } from './host-group.ts'
import { msOf } from './speed-bins.ts'

/**
 * Who loads a model that jobs wait for. Nobody knows what fits in a host's memory: beyond as many models as it was seen to
 * hold (`HostLoad.room`) a load is taken to cost it what it has loaded. Simulated with 4 hosts of one slot and 3 s loads, against least connections of two gateways: 2 models at 70 %
 * load 79 loads instead of 1,498 and p95 22 instead of 36 s; at 90 % 97 instead of 516 and 47 instead of 84 s.
 */

export interface Demand {
  readonly group: HostGroup
  /** Jobs that wait, this and more urgent lines together. */
  readonly waiting: number
  /** Until the last of them is expected to end when nobody loads the model, ms. */
  readonly warmEndMs: number
  readonly unservedMs: number
  readonly swapAfterMs: number
}

/** @param waitingOf how many jobs of another model wait that are as urgent. */
export const hostToLoad = (demand: Demand, waitingOf: (model: string) => number): Member | undefined => {
  const { cold, bounds } = demand.group
  let best: Member | undefined
  let bestMs = demand.warmEndMs
  if (msOf(bounds.coldFromBin) >= bestMs) return undefined
  for (const member of cold.bestOf(lookedAt)) {
    const costMs = loadCostMs(member)
    if (costMs >= bestMs || !mayLoad(member, demand, waitingOf)) continue
    best = member
    bestMs = costMs
  }
  return best
}

/** Of more hosts without the model, the idlest are good enough. */
const lookedAt = 16

/**
 * Until a job that the host is given now is expected to end, and what other models lose by that: a load of theirs, as likely as
 * their other slots are in use. A load that costs another one counts twice: once, and there are 2–5 times as many, and p95
 * is no better; on a host that loses nothing, and a fleet of 2,000 that starts empty has a mean of 20 s instead of 3 s.
 */
const loadCostMs = (member: Member): number => {
  let endMs = member.loadMs + msOf(member.bin)
  if (member.host.room > 0) return endMs
  let loss = 0
  for (const other of member.host.loaded) {
    if (other === member) continue
    const { busy, slots } = other.group.warmTotal
    const share = Math.min(1, (busy + 1) / (slots - other.counted.slots + 1))
    loss = Math.max(loss, share)
    // What runs on it ends before the other model leaves: the longest of so many, memoryless.
    const drainMs = other.used === 0 ? 0 : msOf(other.bin) * (1 + Math.log(other.used))
    endMs += share * other.loadMs + drainMs
  }
  return endMs * (1 + loss)
}

/**
 * Not when a model it would leave has jobs there or waiting, unless the line has more to do even afterwards, so that
 * nothing goes to and fro; or unless it was not served for its turn.
 */
const mayLoad = (member: Member, demand: Demand, waitingOf: (model: string) => number): boolean => {
  if (member.host.room > 0) return true
  const ownMs = backlogMs(demand.waiting, demand.group.warmTotal.jobsPerGs + jobsPerGs(member))
  let hasMore = true
  let othersMs = 0
  for (const other of member.host.loaded) {
    const left = other === member ? 0 : waitingOf(other.group.model) + other.used
    if (left === 0) continue
    const { jobsPerGs: perGs } = other.group.warmTotal
    othersMs = Math.max(othersMs, backlogMs(left, perGs))
    hasMore &&= ownMs > backlogMs(left, perGs - other.counted.jobsPerGs) + 2 * member.loadMs
  }
  return hasMore || demand.unservedMs >= turnMs(member, demand, othersMs)
}

/**
 * After how long a line gets a host whatever the others lose. However slow loads are, at most a fifth of the time goes into them,
 * and a thirtieth when there is so much to do that the time is missed: with two models on one host at 90 % load, the mean
 * is 97 s instead of 1,868 s with turns that do not grow.
 */
const turnMs = (member: Member, { swapAfterMs }: Demand, othersMs: number): number => {
  const shortestMs = Math.max(swapAfterMs, 5 * member.loadMs)
  return Math.min(Math.max(shortestMs, 3 * othersMs), 6 * shortestMs)
}

const backlogMs = (waiting: number, perGs: number): number => (waiting / perGs) * 1e9

const jobsPerGs = (member: Member): number => (member.slots * 1e9) / msOf(member.bin)
