import { DroverError } from '@drover/shared/errors/drover-error'
import { isTerminal } from '@drover/shared/events'
import type { Side } from '@drover/shared/guard-rules'
import type { LogHub } from '@drover/shared/log/hub'
import { readLog } from '@drover/shared/log/reader'
import {
  jobOptions,
  queueDefaults,
  queues,
  scanAnswer,
  type GuardScanJob,
  type ScanAnswer,
} from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type { FleetView } from './fleet-view.ts'
import { newRequestId } from './request-id.ts'

export interface ScansDeps {
  readonly redis: Redis
  readonly keys: Keys
  readonly hub: LogHub
  readonly fleet: Pick<FleetView, 'guardAlive' | 'redisAnswers'>
}

export interface ScanQuestion {
  readonly side: Side
  readonly texts: readonly string[]
  /** Whose rules apply; '' for those of everybody. */
  readonly model: string
  readonly caller: string
  /** Scanners that are left out. */
  readonly except?: readonly string[]
}

/** As long as LLM Guard lets its callers wait. */
const deadlineMs = 30_000

/** Has a guard scan texts that go nowhere. */
export class Scans implements AsyncDisposable {
  readonly #deps: ScansDeps
  readonly #queue: Queue

  constructor(deps: ScansDeps) {
    this.#deps = deps
    const { redis, keys } = deps
    this.#queue = new Queue(queues.guardScan, { connection: redis, prefix: keys.prefix, ...queueDefaults })
    this.#queue.on('error', () => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close()
  }

  /** Throws DroverError `guard_unavailable` where no guard answers, `queue_unavailable` without Redis. */
  async ask(question: ScanQuestion): Promise<ScanAnswer> {
    const { hub, keys, fleet } = this.#deps
    if (!fleet.redisAnswers) throw new DroverError('queue_unavailable')
    if (!fleet.guardAlive) throw new DroverError('guard_unavailable')
    const id = newRequestId()
    const entries = readLog(hub, keys.log(id, 'out'), { fresh: true, signal: AbortSignal.timeout(deadlineMs) })
    // Sends the subscription before the job, on the same connection.
    const first = entries.next()
    try {
      await this.#add(id, question)
      for (let next = await first; next.done !== true; next = await entries.next())
        for (const event of next.value.events) {
          if (event.type === 'text') return scanAnswer.parse(JSON.parse(event.text))
          if (isTerminal(event)) throw new DroverError('guard_unavailable')
        }
      throw new DroverError('guard_unavailable')
    } finally {
      first.catch(() => {})
      void entries.return(undefined)
    }
  }

  async #add(id: string, { side, texts, model, caller, except = [] }: ScanQuestion): Promise<void> {
    const deadlineAt = Date.now() + deadlineMs
    const job: GuardScanJob = {
      id,
      side,
      texts: [...texts],
      model,
      caller,
      except: [...except],
      deadlineAt,
    }
    await this.#queue.add('scan', job, { ...jobOptions, jobId: id }).catch((error: unknown) => {
      throw new DroverError('queue_unavailable', {}, error)
    })
  }
}
