import { isTerminal } from '@drover/shared/events'
import { askedModel, type GuardRules } from '@drover/shared/guard-rules'
import { detectLanguage } from '@drover/shared/language'
import { beforeFirst } from '@drover/shared/log/entry'
import type { LogHub } from '@drover/shared/log/hub'
import { readLog } from '@drover/shared/log/reader'
import type { LogScripts } from '@drover/shared/log/scripts'
import { LogWriter } from '@drover/shared/log/writer'
import { guardScanJob, type GuardScanJob, type ScanAnswer } from '@drover/shared/queues'
import { unheardLimitMs, type Keys } from '@drover/shared/redis/keys'
import { Stop } from '@drover/shared/stop'
import type { Job } from 'bullmq'
import { unheard, type GuardObserver } from '../reading.ts'
import type { Guards } from '../guards.ts'
import type { WholeScan } from '../pool/whole-scan.ts'
import type { Outcome } from '../pull-loop.ts'
import { releaseEvents } from '../release.ts'
import { scanRequest } from './input.ts'

/** THE LIFE OF A SCAN that nothing waits to pass: a copy of what is only observed, or texts that somebody asks about. */

export interface ScanDeps {
  readonly guards: Guards
  readonly wholeScan: WholeScan
  /** Hears of what is found in live requests, not in texts that were only asked about. */
  readonly observer: GuardObserver
  readonly keys: Keys
  readonly hub: LogHub
  readonly scripts: LogScripts
}

export const runScanJob = async (job: Job, deps: ScanDeps, interrupt: AbortSignal): Promise<Outcome> => {
  const read = guardScanJob.safeParse(job.data)
  if (!read.success) return { kind: 'failed', error: read.error }
  try {
    return await runRead(read.data, job.attemptsStarted, deps, interrupt)
  } catch (error) {
    if (read.data.kind === 'scan')
      await deps.scripts.close(read.data.id, ['out'], { type: 'error', code: 'guard_unavailable', params: {} })
    return { kind: 'failed', error: error as Error }
  }
}

const runRead = async (
  job: GuardScanJob,
  attempt: number,
  deps: ScanDeps,
  interrupt: AbortSignal,
): Promise<Outcome> => {
  switch (job.kind) {
    case 'observe-input':
      await scanRequest(job.job, deps)
      return { kind: 'finished' }
    case 'observe-output':
      return observeOutput(job, deps, interrupt)
    case 'scan':
      await answerScan(job, attempt, deps)
      return { kind: 'finished' }
  }
}

/** Reads what clients read, and lets nobody wait: a guard that takes over counts what it finds a second time. */
const observeOutput = async (
  job: Extract<GuardScanJob, { kind: 'observe-output' }>,
  { guards, observer, hub, keys }: ScanDeps,
  interrupt: AbortSignal,
): Promise<Outcome> => {
  using stop = new Stop<'interrupted' | 'deadline'>()
    .on(interrupt, 'interrupted')
    .after(job.deadlineAt - Date.now(), 'deadline')
  const entries = readLog(hub, keys.log(job.id, 'out'), { signal: stop.signal })
  for await (const events of releaseEvents(entries, guards.for('output', job.model, job.caller).read(observer))) {
    const last = events.at(-1)
    if (last !== undefined && isTerminal(last)) break
  }
  return { kind: stop.reason === 'interrupted' ? 'returned' : 'finished' }
}

const answerScan = async (
  job: Extract<GuardScanJob, { kind: 'scan' }>,
  attempt: number,
  { wholeScan, keys, scripts }: ScanDeps,
): Promise<void> => {
  const rules: GuardRules = wholeScan.rulesFor(job.model, job.caller)
  const answer: ScanAnswer = {
    scanners: rules[job.side].scanners.filter(scanner => !job.except.includes(scanner)),
    languages: job.texts.map(detectLanguage),
    verdicts: (await wholeScan.scan(job.side, rules, job.texts, unheard, job.except)).map(
      ({ findings, ...verdict }) => ({
        ...verdict,
        findings: [...findings],
      }),
    ),
  }
  const writer = new LogWriter(scripts, keys.log(job.id, 'out'), {
    attempt,
    after: beforeFirst,
    giveUpAtMs: job.deadlineAt,
    unheardLimitMs: unheardLimitMs.out,
  })
  writer.write([{ type: 'text', text: JSON.stringify(answer) }, ended])
  await writer.flushed()
}

const ended = {
  type: 'end',
  reason: 'stop',
  usage: { promptTokens: 0, completionTokens: 0 },
  timings: { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 },
} as const
