import { createLogger } from '@drover/shared/logger'
import { queues } from '@drover/shared/queues'
import type { HostLoad } from '@drover/shared/scheduling/load'
import type { Job } from 'bullmq'
import { vi } from 'vitest'
import { Dispatcher, type DispatchPool } from './dispatcher.ts'
import { FleetLoads } from './fleet-loads.ts'
import { Lines } from './lines.ts'

/** For tests: a dispatcher over queues in memory, and hosts whose jobs the test ends. */

const settings = { swapAfterMs: 10_000, backgroundAfterMs: 60_000, batchAfterMs: 600_000 }
export const group = queues.group('m')
/** Of the host `a`. */
export const own = queues.host('a', 'm')

interface FakePool extends DispatchPool {
  open: boolean
  mayWarm: boolean
  load: DispatchPool['load']
  warm: DispatchPool['warm']
  lost: boolean
  readonly jobs: string[]
  /** Ends a job, or what it is followed by. */
  end(): Promise<string | undefined>
}

/** What waits on the queues, and a dispatcher over it; `tokenMs` says how fast each host is. */
export const start = (hosts: Record<string, number>, remote: readonly string[] = []) => {
  const waiting: Record<string, string[]> = {}
  const addedMs = new Map<string, number>()
  const fetches: string[] = []
  const lost: string[] = []
  let refuses = 0
  let looks = 0
  const take = (queue: string): Job | undefined => {
    const id = waiting[queue]?.shift()
    return id === undefined ? undefined : ({ id, queueName: queue } as Job)
  }
  const dispatcher = new Dispatcher({
    settings,
    logger: createLogger('test', 'silent'),
    lines: new Lines(),
    loads: new FleetLoads([...Object.keys(hosts), ...remote]),
    fetch: async queue => {
      fetches.push(queue)
      if (refuses-- > 0) throw new Error('READONLY')
      return take(queue)
    },
    complete: async (job, _token, fetchNext) => (fetchNext ? take(job.queueName) : undefined),
    look: async asked => {
      looks += 1
      return asked.map(({ queue }) => {
        const jobs = waiting[queue] ?? []
        const headWaitMs = jobs[0] === undefined ? 0 : performance.now() - (addedMs.get(jobs[0]) ?? 0)
        return { waiting: jobs.length, active: 0, head: jobs[0], headWaitMs, served: false }
      })
    },
    onLost: queue => lost.push(queue),
    onBound: () => {},
  })
  const add = async (queue: string, ...ids: string[]): Promise<void> => {
    ;(waiting[queue] ??= []).push(...ids)
    for (const id of ids) {
      addedMs.set(id, performance.now())
      dispatcher.called(queue)
    }
    await vi.advanceTimersByTimeAsync(0)
  }
  const pools = Object.fromEntries(
    Object.entries(hosts).map(([id, tokenMs]) => [id, fakePool(id, tokenMs, dispatcher)]),
  )
  const hear = (load: HostLoad): void => dispatcher.hear(JSON.stringify([load]))
  return {
    dispatcher,
    pools,
    waiting,
    fetches,
    lost,
    add,
    hear,
    refuse: (times: number) => (refuses = times),
    looks: () => looks,
    jobs: () => Object.fromEntries(Object.entries(pools).map(([id, pool]) => [id, pool.jobs])),
  }
}

export const load = (id: string, tokenMs: number, used: number, slots = 2): HostLoad => {
  const speed = { firstTokenMs: tokenMs, tokenMs, tokens: 10, promptCharMs: 0 }
  return { id, open: true, slots, used, groups: { m: { slots, used, loaded: true, speed, loadMs: 1_000 } } }
}

const fakePool = (id: string, tokenMs: number, dispatcher: Dispatcher): FakePool => {
  const used = new Map<string, Job | undefined>()
  let tokens = 0
  const change = (): void => dispatcher.changed(pool)
  const pool: FakePool = {
    host: { id },
    open: true,
    lost: false,
    models: ['m'],
    jobs: [],
    isLost: () => pool.lost,
    warming: undefined,
    mayWarm: false,
    warm: async () => {},
    load: without => ({ ...load(id, tokenMs, used.size - (without === undefined ? 0 : 1)), open: pool.open }),
    slots: {
      reserve: () => {
        tokens += 1
        used.set(`t${tokens}`, undefined)
        change()
        return `t${tokens}`
      },
      release: token => {
        used.delete(token)
        change()
      },
      run: async (job, token) => {
        used.set(token, job)
        pool.jobs.push(job.id ?? '')
      },
    },
    end: async () => {
      const [token = '', job] = [...used][0] ?? []
      const next = job === undefined ? undefined : await dispatcher.complete(pool, job, token)
      if (next === undefined) pool.slots.release(token)
      else await pool.slots.run(next, token)
      return next?.id
    },
  }
  dispatcher.add(pool)
  return pool
}
