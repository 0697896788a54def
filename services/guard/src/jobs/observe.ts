import { isTerminal } from '@drover/shared/events'
import type { LogHub } from '@drover/shared/log/hub'
import { readLog } from '@drover/shared/log/reader'
import { guardObserveJob, type GuardOutputJob } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { Stop } from '@drover/shared/stop'
import type { Job } from 'bullmq'
import type { Guards } from '../guards.ts'
import type { WholeScan } from '../pool/whole-scan.ts'
import type { Outcome } from '../pull-loop.ts'
import type { GuardObserver } from '../reading.ts'
import { releaseEvents, type ScanWhole } from '../release.ts'
import { scanRequest } from './input.ts'

/** Counts what is found in what has gone its way. Nobody waits for it: what fails is not counted, and that is all. */

export interface ObserveDeps {
  readonly guards: Guards
  readonly wholeScan: WholeScan
  readonly observer: GuardObserver
  readonly keys: Keys
  readonly hub: LogHub
}

export const runObserveJob = async (job: Job, deps: ObserveDeps, interrupt: AbortSignal): Promise<Outcome> => {
  try {
    const read = guardObserveJob.parse(job.data)
    const { deadlineAt } = read.side === 'input' ? read.job : read
    if (Date.now() >= deadlineAt) return { kind: 'finished' }
    if (read.side === 'output') return await observeOutput(read, deps, interrupt)
    await scanRequest(read.job, deps)
    return { kind: 'finished' }
  } catch (error) {
    return interrupt.aborted ? { kind: 'returned' } : { kind: 'failed', error: error as Error }
  }
}

/** Reads what clients read. A guard that takes over counts what it finds a second time. */
const observeOutput = async (
  { id, model, caller, deadlineAt }: GuardOutputJob,
  { guards, wholeScan, observer, hub, keys }: ObserveDeps,
  interrupt: AbortSignal,
): Promise<Outcome> => {
  using stop = new Stop<'interrupted' | 'deadline'>()
    .on(interrupt, 'interrupted')
    .after(deadlineAt - Date.now(), 'deadline')
  const entries = readLog(hub, keys.log(id, 'out'), { signal: stop.signal })
  const rules = guards.rulebook.rulesFor(model, caller)
  const reading = guards.of(rules, 'output').read(observer)
  const scanWhole: ScanWhole = texts => wholeScan.scan('output', rules, texts, observer)
  for await (const events of releaseEvents(entries, reading, scanWhole)) {
    const last = events.at(-1)
    if (last !== undefined && isTerminal(last)) break
  }
  return { kind: stop.reason === 'interrupted' ? 'returned' : 'finished' }
}
