import { askedModel } from '@drover/shared/guard-rules'
import type { ModelRequest } from '@drover/shared/requests'
import { chatJob, queueOf, type ChatJob } from '@drover/shared/queues'
import type { LogScripts } from '@drover/shared/log/scripts'
import type { Verdict } from '@drover/shared/verdict'
import type { Job } from 'bullmq'
import type { GuardObserver } from '../reading.ts'
import type { WholeScan } from '../pool/whole-scan.ts'
import type { Outcome } from '../pull-loop.ts'
import { mapTexts } from '../request-texts.ts'

/** THE LIFE OF A PROMPT: scanned whole, then refused, or passed on (with its redactions) to the queue it was placed on. */

export interface InputDeps {
  readonly wholeScan: Pick<WholeScan, 'rulesFor' | 'scan'>
  readonly observer: GuardObserver
  /** Leaves what is being scanned to another guard. */
  readonly interrupt: AbortSignal
  readonly scripts: LogScripts
  /** Adds it there and tells the workers. */
  enqueue(queueName: string, job: ChatJob): Promise<void>
}

/** Rejects when Redis could not be told: the prompt is then scanned again. */
export const runInputJob = async (job: Job, deps: InputDeps): Promise<Outcome> => {
  try {
    await guardInput(chatJob.parse(job.data), deps)
    return { kind: 'finished' }
  } catch (error) {
    if (deps.interrupt.aborted) return { kind: 'returned' }
    // What cannot be scanned, or read, does not pass.
    await deps.scripts.close(job.id ?? '', ['out'], { type: 'error', code: 'guard_unavailable', params: {} })
    return { kind: 'failed', error: error as Error }
  }
}

const guardInput = async (job: ChatJob, deps: InputDeps): Promise<void> => {
  // Long gone: whoever asked has been told so already.
  if (Date.now() >= job.deadlineAt) return
  const request = await scanRequest(job, deps)
  if (request === undefined) {
    await deps.scripts.close(job.id, ['out'], { type: 'error', code: 'content_policy_violation', params: {} })
    return
  }
  await deps.enqueue(queueOf(job), { ...job, request })
}

/** The request as it may go on; undefined when it may not. */
export const scanRequest = async (
  job: Pick<ChatJob, 'request' | 'model' | 'tried' | 'caller'>,
  { wholeScan, observer }: Pick<InputDeps, 'wholeScan' | 'observer'>,
): Promise<ModelRequest | undefined> => {
  const rules = wholeScan.rulesFor(askedModel(job), job.caller)
  const { systemPrompts } = rules.input
  const texts: string[] = []
  const fixed: boolean[] = []
  mapTexts(job.request, systemPrompts, (text, isFixed) => {
    texts.push(text)
    fixed.push(isFixed)
    return text
  })
  // The newest message first: what is too long for a limit is the oldest.
  const verdicts = (await wholeScan.scan('input', rules, texts.toReversed(), observer)).toReversed()
  const stops = verdicts.some((verdict, index) => isRefused(verdict, fixed[index] === true))
  if (stops) return undefined
  let next = 0
  const passed = mapTexts(job.request, systemPrompts, text => verdicts[next++]?.text ?? text)
  return isWhole(passed) ? passed : undefined
}

/** JSON and names are left as they are where they are only too long: they count, and what is cut is text. */
const isRefused = ({ verdict, findings }: Verdict, isFixed: boolean): boolean =>
  verdict === 'block' ||
  (isFixed && findings.some(({ action, scanner }) => action === 'redact' && scanner !== 'TokenLimit'))

/** A host cannot answer what was cut away as a whole, and must not embed something else in its place. */
const isWhole = (request: ModelRequest): boolean => {
  if (request.kind === 'generate') return request.prompt !== ''
  return request.kind !== 'embed' || request.inputs.every(input => input !== '')
}
