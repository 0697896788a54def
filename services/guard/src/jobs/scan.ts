import { detectLanguage } from '@drover/shared/language'
import { beforeFirst } from '@drover/shared/log/entry'
import type { LogScripts } from '@drover/shared/log/scripts'
import { LogWriter } from '@drover/shared/log/writer'
import { findingsToldMax, guardScanJob, type GuardScanJob, type ScanAnswer } from '@drover/shared/queues'
import { unheardLimitMs, type Keys } from '@drover/shared/redis/keys'
import type { Finding } from '@drover/shared/verdict'
import type { Job } from 'bullmq'
import type { WholeScan } from '../pool/whole-scan.ts'
import type { Outcome } from '../pull-loop.ts'
import { unheard } from '../reading.ts'

/** THE LIFE OF A SCAN of texts that go nowhere: the verdicts are the answer. Nothing is counted. */

export interface ScanDeps {
  readonly wholeScan: WholeScan
  readonly keys: Keys
  readonly scripts: LogScripts
  readonly interrupt: AbortSignal
}

export const runScanJob = async (job: Job, deps: ScanDeps): Promise<Outcome> => {
  try {
    const read = guardScanJob.parse(job.data)
    if (Date.now() < read.deadlineAt) await answerScan(read, job.attemptsStarted, deps)
    return { kind: 'finished' }
  } catch (error) {
    if (deps.interrupt.aborted) return { kind: 'returned' }
    await deps.scripts.close(job.id ?? '', ['out'], { type: 'error', code: 'guard_unavailable', params: {} })
    return { kind: 'failed', error: error as Error }
  }
}

const answerScan = async (
  { id, side, texts, model, caller, except, deadlineAt }: GuardScanJob,
  attempt: number,
  { wholeScan, keys, scripts }: ScanDeps,
): Promise<void> => {
  const rules = wholeScan.rulesFor(model, caller)
  const verdicts = await wholeScan.scan(side, rules, texts, unheard, except)
  const answer: ScanAnswer = {
    scanners: rules[side].scanners.filter(scanner => !except.includes(scanner)),
    languages: texts.map(detectLanguage),
    verdicts: verdicts.map(each => ({ ...each, findings: each.findings.slice(0, findingsToldMax) })),
    scores: verdicts.map(({ findings }) => scoresOf(findings)),
  }
  const writer = new LogWriter(scripts, keys.log(id, 'out'), {
    attempt,
    after: beforeFirst,
    giveUpAtMs: deadlineAt,
    unheardLimitMs: unheardLimitMs.out,
  })
  writer.write([{ type: 'text', text: JSON.stringify(answer) }, ended])
  await writer.flushed()
}

const scoresOf = (findings: readonly Finding[]): Record<string, number> => {
  const scores: Record<string, number> = {}
  for (const { scanner, score } of findings) scores[scanner] = Math.max(scores[scanner] ?? 0, score)
  return scores
}

const ended = {
  type: 'end',
  reason: 'stop',
  usage: { promptTokens: 0, completionTokens: 0 },
  timings: { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 },
} as const
