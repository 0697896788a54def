import { ownerAliveMs, type Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import { fairShare } from './fair-share.ts'
import { HeldSlots, total, type Usage } from './held-slots.ts'
import { holdLease, leaseOwners, leases, releaseLease } from './lease.ts'

/** What the crew wants of a host's pool. */
export interface CrewPool {
  /** Slots in use now, per public model name. */
  usage(): Usage
  /** Resolves when next a slot gets free. */
  whenFreed(): Promise<void>
  /** Slots that former owners of the host still use: they count as used. Also says "look whether you may pull". */
  setHeld(held: Usage): void
  /** Resolves when nothing will be pulled any more: what was being fetched counts as used by then, or was given back. */
  stopPulling(): Promise<void>
  /** Stops what runs at once: the host belongs to somebody else. */
  stopRunning(): void
  /** Nothing runs any more. */
  end(): Promise<void>
}

export interface CrewDeps {
  readonly redis: Redis
  readonly keys: Keys
  readonly workerId: string
  readonly hostIds: readonly string[]
  /** Makes the pool of a host that this worker holds from now on. It pulls while `holds` says so, after `setHeld`. */
  take(hostId: string): CrewPool
  onLeaving(hostId: string, reason: string): void
  /** Of what is tried again by itself. */
  onError(error: Error): void
}

interface Tenure {
  readonly pool: CrewPool
  /** Until then the lease is ours without asking (`performance.now()`). */
  heldUntilMs: number
  held: Usage
}

/**
 * WHICH WORKER LOOKS AFTER WHICH HOST. A lease per host; spread evenly over the living workers; given on without a gap:
 * who leaves says what it still runs (`HeldSlots`), releases the lease at once, and is heard by whoever takes it.
 */
export class Crew {
  readonly #deps: CrewDeps
  readonly #held: HeldSlots
  readonly #tenures = new Map<string, Tenure>()
  /** Given up, but the lease is kept until what still runs is written down. */
  readonly #releasing = new Set<string>()
  readonly #leaving = new Set<Promise<void>>()
  #share = 0
  #closing = false
  /** In the next round: once per call of `round`. */
  #mayLeave = false
  #rounds: Promise<void> | undefined
  #again = false

  constructor(deps: CrewDeps) {
    this.#deps = deps
    this.#held = new HeldSlots(deps.redis, deps.keys, deps.workerId)
  }

  /** Whether the lease is ours for certain: asked before a fetch, and again before what was fetched is started. */
  holds(hostId: string): boolean {
    return performance.now() < (this.#tenures.get(hostId)?.heldUntilMs ?? 0)
  }

  /** Every `leases.renewMs`: lives, renews, takes free hosts up to a fair share, gives one up that is more than that. */
  round(): Promise<void> {
    this.#mayLeave = true
    return this.#roundNow()
  }

  /** `held <hostId>` was heard: a slot, or a whole host, was given up. */
  hear(hostId: string): void {
    const tenure = this.#tenures.get(hostId)
    const work = tenure === undefined ? this.#roundIfFree(hostId) : this.#readHeld(hostId, tenure)
    work.catch(this.#onError)
  }

  /** Gives every host up, and resolves when nothing runs any more. Rounds must go on until then. */
  async close(): Promise<void> {
    this.#closing = true
    // The others' shares grow before the hosts are free.
    await this.round().catch(this.#onError)
    for (const [hostId, tenure] of this.#tenures) this.#leave(hostId, tenure, 'this worker stops')
    await Promise.all(this.#leaving)
    await this.#deps.redis.del(this.#deps.keys.owner(this.#deps.workerId)).catch(this.#onError)
  }

  /** Who gave it up may be stopping: it does not count any more, and the shares of the others are greater than they knew. */
  async #roundIfFree(hostId: string): Promise<void> {
    if (this.#closing || !this.#deps.hostIds.includes(hostId)) return
    const owners = await leaseOwners(this.#deps.redis, this.#deps.keys, [hostId])
    if (owners.get(hostId) === null) await this.#roundNow()
  }

  #roundNow(): Promise<void> {
    this.#again = this.#rounds !== undefined
    return (this.#rounds ??= this.#runRounds().finally(() => (this.#rounds = undefined)))
  }

  async #runRounds(): Promise<void> {
    do {
      this.#again = false
      await this.#round()
    } while (this.#again)
  }

  async #round(): Promise<void> {
    const { redis, keys, workerId, hostIds } = this.#deps
    const living = await beat(redis, keys, workerId, this.#closing)
    await Promise.all([...this.#tenures].map(([hostId, tenure]) => this.#renew(hostId, tenure)))
    await Promise.all([...this.#releasing].map(hostId => this.#hold(hostId)))
    if (this.#closing) return
    const owners = await leaseOwners(redis, keys, hostIds)
    this.#share = fairShare(workerId, living, [...owners.values()])
    for (const [hostId, owner] of owners) {
      if (!this.#mayTake()) break
      // Ours without a pool: the round that took it was cut short.
      if (owner === null || owner === workerId) await this.#take(hostId)
    }
    if (this.#mayLeave && this.#tenures.size > this.#share) this.#leaveLeastUsed()
    this.#mayLeave = false
  }

  readonly #onError = (error: Error): void => this.#deps.onError(error)

  #mayTake(): boolean {
    return !this.#closing && this.#tenures.size < this.#share
  }

  #hold(hostId: string): Promise<boolean> {
    return holdLease(this.#deps.redis, this.#deps.keys.lease(hostId), this.#deps.workerId)
  }

  async #take(hostId: string): Promise<void> {
    if (this.#tenures.has(hostId) || this.#releasing.has(hostId)) return
    const askedMs = performance.now()
    if (!(await this.#hold(hostId))) return
    // After the lease, which is released after it is written: nothing that still runs is missed.
    const held = await this.#held.read(hostId)
    if (this.#closing) return this.#release(hostId)
    const pool = this.#deps.take(hostId)
    this.#tenures.set(hostId, { pool, heldUntilMs: askedMs + leases.leaseMs, held })
    pool.setHeld(held)
  }

  async #renew(hostId: string, tenure: Tenure): Promise<void> {
    const askedMs = performance.now()
    const held = await this.#hold(hostId)
    if (this.#tenures.get(hostId) !== tenure) return
    if (!held) {
      // This process was frozen, or Redis lost the lease: the new owner counts none of what runs here.
      tenure.pool.stopRunning()
      this.#leave(hostId, tenure, 'its lease was lost')
      return
    }
    const lapsed = askedMs >= tenure.heldUntilMs
    if (lapsed || total(tenure.held) > 0) await this.#readHeld(hostId, tenure, askedMs + leases.leaseMs)
    else tenure.heldUntilMs = askedMs + leases.leaseMs
  }

  /** @param heldUntilMs known together with what is held: after a lapse another owner may have come and gone. */
  async #readHeld(hostId: string, tenure: Tenure, heldUntilMs = tenure.heldUntilMs): Promise<void> {
    tenure.held = await this.#held.read(hostId)
    tenure.heldUntilMs = Math.max(tenure.heldUntilMs, heldUntilMs)
    tenure.pool.setHeld(tenure.held)
  }

  /** One a round: a fleet that is spread anew all at once would ask every host for its models at the same time. */
  #leaveLeastUsed(): void {
    const used = (tenure: Tenure): number => total(tenure.pool.usage())
    const [least] = [...this.#tenures].sort(([, a], [, b]) => used(a) - used(b))
    if (least !== undefined) this.#leave(...least, 'another worker has fewer')
  }

  #leave(hostId: string, tenure: Tenure, reason: string): void {
    this.#deps.onLeaving(hostId, reason)
    this.#tenures.delete(hostId)
    this.#releasing.add(hostId)
    const left = this.#giveOn(hostId, tenure.pool)
      .catch(this.#onError)
      .finally(() => this.#leaving.delete(left))
    this.#leaving.add(left)
  }

  async #giveOn(hostId: string, pool: CrewPool): Promise<void> {
    await pool.stopPulling()
    await this.#held.write(hostId, pool, pool.usage())
    // Should this fail, it runs out.
    await this.#release(hostId).catch(this.#onError)
    for (;;) {
      const freed = pool.whenFreed()
      const used = pool.usage()
      // Also when nothing was held: it calls whoever may take the host now.
      await this.#held.write(hostId, pool, used)
      if (total(used) === 0) break
      await freed
    }
    await pool.end()
  }

  /** Not renewed any more from the moment this is sent. */
  async #release(hostId: string): Promise<void> {
    this.#releasing.delete(hostId)
    await releaseLease(this.#deps.redis, this.#deps.keys.lease(hostId), this.#deps.workerId)
  }
}

/** Says that this worker lives, and answers who does: not those that are closing, which only finish what they have. */
const beat = async (redis: Redis, keys: Keys, workerId: string, closing: boolean): Promise<string[]> => {
  const [known] = await Promise.all([
    redis.smembers(keys.workers),
    closing ? redis.srem(keys.workers, workerId) : redis.sadd(keys.workers, workerId),
    redis.set(keys.owner(workerId), '1', 'PX', ownerAliveMs),
  ])
  const others = known.filter(id => id !== workerId)
  const alive = others.length === 0 ? [] : await redis.mget(others.map(id => keys.owner(id)))
  const dead = others.filter((_, index) => alive[index] === null)
  if (dead.length > 0) await redis.srem(keys.workers, ...dead)
  return [workerId, ...others.filter(id => !dead.includes(id))]
}
