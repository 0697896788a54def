import type { Message, ModelRequest } from '@drover/shared/requests'
import { chatJob, queueOf, type ChatJob } from '@drover/shared/queues'
import type { LogScripts } from '@drover/shared/log/scripts'
import type { Job } from 'bullmq'
import type { Guard } from '../engine.ts'
import type { Outcome } from '../pull-loop.ts'
import { readable } from '../readable.ts'

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
  const request = passed(job.request, deps.guard)
  if (request === undefined) {
    await deps.scripts.close(job.id, ['out'], { type: 'error', code: 'content_policy_violation', params: {} })
    return
  }
  await deps.enqueue(queueOf(job), { ...job, request })
}

/** The request as it may go on; undefined when it may not. The operator's own words (`system`) are not scanned. */
const passed = (request: ModelRequest, guard: Guard): ModelRequest | undefined => {
  if (!fixedTexts(request).every(text => guard.scan(text).verdict === 'allow')) return undefined
  switch (request.kind) {
    case 'chat': {
      const messages = all(request.messages.map(message => passedMessage(message, guard)))
      return messages && { ...request, messages }
    }
    case 'generate': {
      const [prompt, suffix] = [request.prompt, request.suffix ?? ''].map(text => passedText(text, guard))
      if (prompt === undefined || suffix === undefined) return undefined
      return { ...request, prompt, ...(request.suffix === undefined ? {} : { suffix }) }
    }
    case 'embed': {
      const inputs = all(request.inputs.map(input => passedText(input, guard)))
      return inputs && { ...request, inputs }
    }
    case 'load':
      return request
  }
}

/**
 * What a redaction could break (JSON, names, a template), so any finding blocks. Tokens (`contextJson`) come to no guard:
 * the api refuses them.
 */
const fixedTexts = (request: ModelRequest): string[] => {
  switch (request.kind) {
    case 'chat':
      return [
        ...[request.toolsJson, request.formatJson].flatMap(readableOf),
        ...request.messages.filter(({ role }) => role !== 'system').flatMap(fixedTextsOf),
      ]
    case 'generate':
      return [request.template ?? '', ...readableOf(request.formatJson)]
    case 'embed':
    case 'load':
      return []
  }
}

const readableOf = (json: string | undefined): string[] => (json === undefined ? [] : [readable(json)])

const fixedTextsOf = ({ toolCalls = [], toolName = '', toolCallId = '' }: Message): string[] => [
  ...toolCalls.flatMap(call => [call.name, readable(call.arguments)]),
  toolName,
  // Random letters may spell anything; what has a space or more than an id needs is text.
  ...[...toolCalls.map(call => call.id), toolCallId].filter(id => !isId.test(id)),
]

const isId = /^[\w.:-]{0,64}$/

const passedMessage = (message: Message, guard: Guard): Message | undefined => {
  if (message.role === 'system') return message
  const [content, thinking] = [message.content, message.thinking ?? ''].map(text => passedText(text, guard))
  if (content === undefined || thinking === undefined) return undefined
  return { ...message, content, ...(message.thinking === undefined ? {} : { thinking }) }
}

const passedText = (text: string, guard: Guard): string | undefined => {
  const { verdict, text: redacted } = guard.scan(text)
  return verdict === 'block' ? undefined : redacted
}

const all = <T>(items: readonly (T | undefined)[]): T[] | undefined => {
  const found = items.filter(item => item !== undefined)
  return found.length === items.length ? found : undefined
}
