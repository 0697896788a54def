import { place, type FairState } from '@drover/shared/scheduling/order'
import type { Line } from '@drover/shared/scheduling/pull'
import { Heap } from '../heap.ts'
import type { SimJob } from '../workload.ts'

/** The queues as they are in Redis: one per model and class, in fair order. */

interface Waiting {
  readonly job: SimJob
  readonly order: number
  readonly seq: number
}

const isFirst = (a: Waiting, b: Waiting): boolean => a.order < b.order || (a.order === b.order && a.seq < b.seq)

class SimQueue {
  readonly #jobs = new Heap<Waiting>(isFirst)
  #fair: FairState = { tags: new Map() }
  #servedMs = 0
  #seq = 0

  get size(): number {
    return this.#jobs.size
  }

  push(job: SimJob): void {
    const head = this.#jobs.first
    if (head === undefined) this.#servedMs = job.arrivedMs
    const { order, state } = place(this.#fair, job.caller, head?.order)
    this.#fair = state
    this.#jobs.push({ job, order, seq: this.#seq++ })
  }

  shift(nowMs: number): SimJob | undefined {
    this.#servedMs = nowMs
    return this.#jobs.pop()?.job
  }

  /** @param left jobs that are somebody else's business. */
  line(nowMs: number, left: number): Line | undefined {
    const job = this.#jobs.first?.job
    if (job === undefined || this.size <= left) return undefined
    const headWaitMs = nowMs - job.arrivedMs
    const unservedMs = nowMs - this.#servedMs
    return { model: job.model, class: job.class, waiting: this.size - left, headWaitMs, unservedMs }
  }
}

export const queueName = ({ model, class: jobClass }: Pick<Line, 'model' | 'class'>): string => `${model} ${jobClass}`

export class SimQueues {
  readonly #queues = new Map<string, SimQueue>()
  /** Those that have jobs. */
  readonly #waiting = new Map<string, SimQueue>()

  push(job: SimJob): void {
    const name = queueName(job)
    const queue = this.#queues.get(name) ?? new SimQueue()
    this.#queues.set(name, queue)
    this.#waiting.set(name, queue)
    queue.push(job)
  }

  shift(line: Line, nowMs: number): SimJob | undefined {
    const name = queueName(line)
    const queue = this.#waiting.get(name)
    const job = queue?.shift(nowMs)
    if (queue?.size === 0) this.#waiting.delete(name)
    return job
  }

  /** @param left per queue, jobs that are somebody else's business. */
  lines(nowMs: number, left: ReadonlyMap<string, number>): Line[] {
    const lines: Line[] = []
    for (const [name, queue] of this.#waiting) {
      const line = queue.line(nowMs, left.get(name) ?? 0)
      if (line !== undefined) lines.push(line)
    }
    return lines
  }
}
