import type { GroupLoad, HostLoad } from '@drover/shared/scheduling/load'
import { firstTokenMsOf, tokenMsOf, type SimHost } from '../sim-host.ts'
import type { SimJob } from '../workload.ts'

/** Of the weight of all jobs, the last one's. */
const newShare = 0.1

/** What the worker that owns a host knows of it, by its own counting and measuring. */
export class KnownLoad {
  readonly host: SimHost
  readonly load: HostLoad
  readonly #measured = new Map<string, { jobs: number; tokens: number }>()

  constructor(host: SimHost, models: readonly string[]) {
    const { id, slots, memory, loadMs } = host.spec
    const group = (model: string): GroupLoad => ({ slots, used: 0, loaded: host.isLoaded(model), loadMs })
    const groups = Object.fromEntries(models.map(model => [model, group(model)]))
    this.host = host
    this.load = { id, open: true, slots: slots * memory, used: 0, groups }
  }

  begin(job: SimJob): void {
    this.load.used += 1
    const group = this.#group(job)
    group.used += 1
    if (group.loaded) return
    // What leaves to make room is known when the host says so; until then, all might.
    const others = Object.values(this.load.groups).filter(other => other.loaded)
    if (others.length >= this.host.spec.memory) for (const other of others) other.loaded = false
    group.loaded = true
  }

  end(job: SimJob): void {
    this.load.used -= 1
    const group = this.#group(job)
    group.used -= 1
    const before = this.#measured.get(job.model) ?? { jobs: 0, tokens: 0 }
    const measured = { jobs: before.jobs * (1 - newShare) + 1, tokens: before.tokens * (1 - newShare) + job.tokens }
    this.#measured.set(job.model, measured)
    group.speed = {
      firstTokenMs: firstTokenMsOf(this.host.spec),
      tokenMs: tokenMsOf(this.host.spec),
      tokens: measured.tokens / measured.jobs,
      promptCharMs: 0,
    }
  }

  /** A probe. */
  see(): void {
    for (const [model, group] of Object.entries(this.load.groups)) group.loaded = this.host.isLoaded(model)
  }

  #group({ model }: SimJob): GroupLoad {
    const group = this.load.groups[model]
    if (group === undefined) throw new Error(`${this.load.id} has no ${model}`)
    return group
  }
}
