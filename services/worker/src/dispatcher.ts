import type { Logger } from '@drover/shared/logger'
import { queues } from '@drover/shared/queues'
import type { HostLoad } from '@drover/shared/scheduling/load'
import type { Line, Pull, PullSettings } from '@drover/shared/scheduling/pull'
import type { Job } from 'bullmq'
import { Decisions, groupQueue } from './decisions.ts'
import type { FleetLoads } from './fleet-loads.ts'
import { groupSources, hostSource, type Lines, type Mark } from './lines.ts'
import { Looks, type Look } from './look.ts'
import type { Slots } from './slots.ts'
import { Watchdog } from './watchdog.ts'

/** What the dispatcher wants of a host's pool. */
export interface DispatchPool {
  readonly host: { readonly id: string }
  readonly open: boolean
  /** Public names jobs may come for; another list once it has changed. */
  readonly models: readonly string[]
  isLost(model: string): boolean
  load(without?: string): HostLoad
  /** The model it loads because jobs wait for it. */
  readonly warming: string | undefined
  readonly mayWarm: boolean
  warm(model: string): Promise<void>
  readonly slots: Pick<Slots, 'reserve' | 'release' | 'run'>
}

export interface DispatcherDeps {
  readonly settings: PullSettings
  readonly logger: Logger
  readonly lines: Lines
  readonly loads: FleetLoads
  fetch(queue: string, token: string): Promise<Job | undefined>
  complete(job: Job, token: string, fetchNext: boolean): Promise<Job | undefined>
  readonly look: Look
  /** Jobs wait on a host's own queue, and will as long as it has no slot for them. */
  onBound(hostId: string, model: string): void
  /** Jobs wait on the own queue of a host that cannot do them. */
  onLost(queue: string): void
}

/** Before the next try when Redis refuses (READONLY, MISCONF): it does so at once. */
const refusedMs = 500

/** A swap costs seconds: it is decided on what was seen so short a time ago. */
const freshMs = 100

/** A job that was left to another process is looked after, should nothing be heard of it. */
const leftMs = 100

/**
 * WHO TAKES WHICH JOB, for all hosts of this process. `pump` asks `nextPull` over everything that is known, starts the
 * fetches it says, and is called whenever something changed. A slot is reserved before its fetch is sent, so a job is
 * bound only when it can run.
 */
export class Dispatcher implements Disposable {
  readonly #deps: DispatcherDeps
  readonly #lines: Lines
  readonly #looks: Looks
  readonly #decisions: Decisions
  readonly #watchdog = new Watchdog()
  readonly #pools = new Map<string, DispatchPool>()
  readonly #models = new Map<string, readonly string[]>()
  #pumping = false
  #closed = false
  #refused: NodeJS.Timeout | undefined
  #holding: NodeJS.Timeout | undefined

  constructor(deps: DispatcherDeps) {
    this.#deps = deps
    this.#lines = deps.lines
    this.#decisions = new Decisions(deps.lines, deps.loads, deps.settings)
    const look: Look = asked => this.#watchdog.owed(deps.look(asked))
    this.#looks = new Looks(deps.lines, look, failure => this.#looked(failure))
  }

  [Symbol.dispose](): void {
    this.#closed = true
    this.#looks[Symbol.dispose]()
    clearTimeout(this.#refused)
    clearTimeout(this.#holding)
  }

  /** From now on this process gives the host its jobs. */
  add(pool: DispatchPool): void {
    this.#pools.set(pool.host.id, pool)
    this.changed(pool)
  }

  /** Another process does, or will. */
  remove(hostId: string): void {
    if (!this.#pools.delete(hostId)) return
    this.#models.delete(hostId)
    this.#decisions.forget(hostId)
    this.#deps.loads.giveUp(hostId)
    this.#keepLines()
  }

  /** Something about a host of ours is another: a slot is free, it went up or down, it serves other models. */
  changed(pool: DispatchPool): void {
    const { id } = pool.host
    if (this.#pools.get(id) !== pool) return
    this.#deps.loads.setOwn(pool.load())
    if (this.#models.get(id) !== pool.models) {
      this.#models.set(id, pool.models)
      this.#keepLines()
    }
    this.pump()
  }

  /** A job was added to the queue. */
  called(queue: string): void {
    this.#lines.called(queue, performance.now())
    this.pump()
  }

  /** A message of the load channel. */
  hear(message: string): void {
    if (this.#deps.loads.hear(message, performance.now())) void this.look()
    this.pump()
  }

  /** Reads from Redis what waits: every two seconds, and whenever messages may have been lost. Never rejects. */
  look(): Promise<void> {
    return this.#looks.now()
  }

  pump(): void {
    if (this.#pumping || this.#closed || this.#refused !== undefined) return
    this.#pumping = true
    try {
      if (this.#serveShared(() => this.#decisions.overdue()) === 'looking') return
      for (const hostId of this.#lines.boundHosts()) this.#serveBound(hostId)
      if (this.#serveShared(() => this.#decisions.shared()) === 'looking') return
      this.#warmUp()
    } finally {
      this.#pumping = false
    }
  }

  /** Completes a job; resolves to the next one of its queue, in the same round trip, if this host is to take it. */
  async complete(pool: DispatchPool, job: Job, token: string): Promise<Job | undefined> {
    const queue = job.queueName
    if (!this.#mayFetchNext(pool, queue, token)) return this.#deps.complete(job, token, false)
    const mark = this.#lines.begin(queue, performance.now())
    const next = await this.#deps.complete(job, token, true)
    this.#fetched(queue, mark, next)
    return next
  }

  /** See `Watchdog`. */
  countStuckRounds(): number {
    return this.#watchdog.countStuckRounds()
  }

  /** A host's own queues come first. Which of them, the same rules say. */
  #serveBound(hostId: string): void {
    const pool = this.#pools.get(hostId)
    if (pool === undefined) return
    while (pool.open) {
      const pull = this.#decisions.bound(pool.load())
      if (pull.kind !== 'take') break
      void this.#fetch(pool, queues.host(hostId, pull.line.model), pull.line.model)
    }
    for (const { model } of this.#lines.bound(hostId, performance.now()))
      if (pool.isLost(model)) this.#deps.onLost(queues.host(hostId, model))
      else this.#deps.onBound(hostId, model)
  }

  /** Answers `looking` when what is seen in a moment decides. */
  #serveShared(next: () => Pull): 'looking' | 'served' {
    clearTimeout(this.#holding)
    for (;;) {
      const pull = next()
      if (pull.kind === 'nothing') return 'served'
      if (pull.kind === 'hold') {
        this.#holding = setTimeout(() => this.pump(), pull.forMs)
        return 'served'
      }
      const { hostId, line } = pull
      const pool = this.#pools.get(hostId)
      if (pool === undefined) this.#leave(hostId, line)
      else if (!pool.open) this.#deps.loads.setOwn(pool.load())
      else if (this.#isSwap(hostId, line) && !this.#looks.isFresh(freshMs)) {
        void this.look()
        return 'looking'
      } else void this.#fetch(pool, groupQueue(line), line.model)
    }
  }

  /** What nobody has a slot for is loaded where it costs nobody anything. */
  #warmUp(): void {
    for (let left = this.#pools.size; left > 0; left -= 1) {
      const next = this.#decisions.toWarm(this.#pools)
      if (next === undefined) return
      void next.pool.warm(next.model)
    }
  }

  #isSwap(hostId: string, line: Line): boolean {
    return this.#deps.loads.get(hostId)?.groups[line.model]?.loaded !== true
  }

  /** The best host for it is another process's: it is left to that one, and looked after. */
  #leave(hostId: string, line: Line): void {
    const nowMs = performance.now()
    if (this.#deps.loads.leave(hostId, line.model, nowMs)) this.#lines.leave(groupQueue(line), nowMs)
    this.#looks.within(leftMs)
  }

  /** Its slot is taken when this returns. Never rejects. */
  async #fetch(pool: DispatchPool, queue: string, model: string): Promise<void> {
    const token = pool.slots.reserve(model)
    const mark = this.#lines.begin(queue, performance.now())
    let job: Job | undefined
    try {
      job = await this.#watchdog.owed(this.#deps.fetch(queue, token))
    } catch (error) {
      this.#failed(error)
    }
    this.#fetched(queue, mark, job)
    if (job === undefined) pool.slots.release(token)
    else void pool.slots.run(job, token)
  }

  #fetched(queue: string, mark: Mark, job: Job | undefined): void {
    if (job === undefined) this.#lines.empty(queue, mark, performance.now())
    else this.#lines.fetched(queue, performance.now())
  }

  #looked(failure: unknown): void {
    if (failure !== undefined) return this.#failed(failure)
    this.#deps.loads.refresh(performance.now())
    this.pump()
  }

  /** Redis is away, or refuses: nothing is asked for a moment, and then what waits. */
  #failed(error: unknown): void {
    this.#deps.logger.warn({ err: error }, 'could not pull')
    this.#refused ??= setTimeout(() => {
      this.#refused = undefined
      void this.look()
    }, refusedMs)
  }

  #mayFetchNext(pool: DispatchPool, queue: string, token: string): boolean {
    if (!pool.open || this.#lines.waiting(queue) === 0) return false
    return this.#decisions.isNext(queue, pool.load(token), pool.load())
  }

  #keepLines(): void {
    const pools = [...this.#pools.values()]
    const models = new Set(pools.flatMap(pool => pool.models))
    const own = pools.flatMap(pool => pool.models.map(model => hostSource(pool.host.id, model)))
    if (this.#lines.keep([...[...models].flatMap(groupSources), ...own])) void this.look()
  }
}
