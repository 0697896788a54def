import { chatJob, queueOf, type ChatJob, type Message } from '@drover/shared/queues'
import type { LogScripts } from '@drover/shared/log/scripts'
import type { Job } from 'bullmq'
import type { Guard } from '../engine.ts'
import type { Outcome } from '../pull-loop.ts'

/** THE LIFE OF A PROMPT: scanned whole, then refused, or passed on (with its redactions) to the queue it was placed on. */

export interface InputDeps {
  readonly guard: Guard
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
    // What cannot be scanned, or read, does not pass.
    await deps.scripts.close(job.id ?? '', ['out'], { type: 'error', code: 'guard_unavailable', params: {} })
    return { kind: 'failed', error: error as Error }
  }
}

const guardInput = async (job: ChatJob, deps: InputDeps): Promise<void> => {
  // Long gone: whoever asked has been told so already.
  if (Date.now() >= job.deadlineAt) return
  const messages: Message[] = []
  for (const message of job.request.messages) {
    // The operator's own words are not scanned; everything else may carry somebody else's.
    if (message.role === 'system') {
      messages.push(message)
      continue
    }
    const content = deps.guard.scan(message.content)
    const calls = message.toolCalls?.map(call => ({ call, verdict: deps.guard.scan(call.arguments) }))
    if (content.verdict === 'block' || calls?.some(({ verdict }) => verdict.verdict !== 'allow')) {
      await deps.scripts.close(job.id, ['out'], { type: 'error', code: 'content_policy_violation', params: {} })
      return
    }
    messages.push({ ...message, content: content.text })
  }
  await deps.enqueue(queueOf(job), { ...job, request: { ...job.request, messages } })
}
