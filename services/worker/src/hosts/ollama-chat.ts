import type { FinishReason, StreamEvent } from '@drover/shared/events'
import type { ChatRequest, Message } from '@drover/shared/queues'
import { rawJson } from '@drover/shared/raw-json'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { HostFailure } from './host-failure.ts'

/** The two pure halves of speaking `/api/chat`: the body it is sent and the lines it answers. */

const member = (name: string, json: string | undefined): string[] =>
  json === undefined ? [] : [`${JSON.stringify(name)}:${json}`]

const text = (value: string | undefined): string | undefined =>
  value === undefined ? undefined : JSON.stringify(value)

const object = (members: string[]): string => `{${members.join(',')}}`

const messageJson = (message: Message): string =>
  object([
    ...member('role', JSON.stringify(message.role)),
    ...member('content', JSON.stringify(message.content)),
    ...member('thinking', text(message.thinking)),
    ...member('images', message.images && JSON.stringify(message.images)),
    ...member('tool_calls', message.toolCalls && `[${message.toolCalls.map(toolCallJson).join(',')}]`),
    ...member('tool_name', text(message.toolName)),
    ...member('tool_call_id', text(message.toolCallId)),
  ])

const toolCallJson = (call: NonNullable<Message['toolCalls']>[number]): string =>
  object([
    ...member('id', call.id === '' ? undefined : JSON.stringify(call.id)),
    ...member('function', `{"name":${JSON.stringify(call.name)},"arguments":${call.arguments}}`),
  ])

/** Loads a model: a prompt-less request. The options are those of requests, so that none reloads it. */
export const loadBody = (model: string, options: Record<string, string>, keepAlive?: -1): string =>
  object([
    ...member('model', JSON.stringify(model)),
    ...optionsMember(options),
    ...member('keep_alive', keepAlive?.toString()),
    ...member('stream', 'false'),
  ])

const optionsMember = (options: Record<string, string>): string[] => {
  const members = Object.entries(options).flatMap(([name, json]) => member(name, json))
  return members.length === 0 ? [] : member('options', object(members))
}

/** Built from JSON text, not from values: integers beyond 2^53 reach the host digit for digit. Always streams. */
export const chatBody = (model: string, request: ChatRequest, defaults: Record<string, string>): string => {
  return object([
    ...member('model', JSON.stringify(model)),
    ...member('messages', `[${request.messages.map(messageJson).join(',')}]`),
    ...member('tools', request.toolsJson),
    ...member('format', request.formatJson),
    ...optionsMember({ ...defaults, ...request.options }),
    ...member('think', request.think === undefined ? undefined : JSON.stringify(request.think)),
    ...member('keep_alive', request.keepAlive === undefined ? undefined : JSON.stringify(request.keepAlive)),
    '"stream":true',
  ])
}

/** What a host says of itself is used in sums: an absurd figure counts as none. */
const upTo = (max: number) => z.number().nonnegative().max(max).catch(0).default(0)
const tokens = upTo(1e7)
/** A day. */
const ns = upTo(86_400e9)

const line = z.object({
  error: z.string().optional(),
  done: z.boolean().default(false),
  done_reason: z.string().default(''),
  message: z
    .object({
      content: z.string().default(''),
      thinking: z.string().default(''),
      tool_calls: z
        .array(
          z.object({ id: z.string().default(''), function: z.object({ name: z.string(), arguments: z.unknown() }) }),
        )
        .default([]),
    })
    .default({ content: '', thinking: '', tool_calls: [] }),
  total_duration: ns,
  load_duration: ns,
  prompt_eval_count: tokens,
  prompt_eval_duration: ns,
  eval_count: tokens,
  eval_duration: ns,
})

/**
 * The events of one line; none for an empty keep-alive line. Throws HostFailure for a line that is no chat chunk, and
 * for the host's own error line.
 */
export const lineEvents = (json: string, calledTools: { value: boolean }): StreamEvent[] => {
  const parsed = line.safeParse(parseLine(json))
  if (!parsed.success) throw new HostFailure('failed', 'it sent a line that is not a chat chunk')
  const chunk = parsed.data
  if (chunk.error !== undefined) throw new HostFailure('error_line', chunk.error)
  const events: StreamEvent[] = []
  if (chunk.message.thinking !== '') events.push({ type: 'reasoning', text: chunk.message.thinking })
  if (chunk.message.content !== '') events.push({ type: 'text', text: chunk.message.content })
  if (chunk.message.tool_calls.length > 0) {
    calledTools.value = true
    const calls = chunk.message.tool_calls.map(call => ({
      id: call.id === '' ? `call_${randomUUID().replaceAll('-', '')}` : call.id,
      name: call.function.name,
      arguments: JSON.stringify(call.function.arguments ?? {}),
    }))
    events.push({ type: 'tool_calls', calls })
  }
  if (chunk.done) {
    events.push({
      type: 'end',
      reason: calledTools.value ? 'tool_calls' : finishReason(chunk.done_reason),
      usage: { promptTokens: chunk.prompt_eval_count, completionTokens: chunk.eval_count },
      timings: {
        totalNs: chunk.total_duration,
        loadNs: chunk.load_duration,
        promptEvalNs: chunk.prompt_eval_duration,
        evalNs: chunk.eval_duration,
      },
    })
  }
  return events
}

const finishReason = (doneReason: string): FinishReason => {
  switch (doneReason) {
    case 'length':
    case 'load':
    case 'unload':
      return doneReason
    default:
      return 'stop'
  }
}

const parseLine = (json: string): unknown => {
  try {
    // Only tool calls can carry integers that matter beyond 2^53; the reviver costs ten times a plain parse.
    return json.includes('"tool_calls"') ? JSON.parse(json, exactIntegers) : JSON.parse(json)
  } catch {
    throw new HostFailure('failed', 'it sent a line that is not JSON')
  }
}

const exactIntegers = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' && context?.source !== undefined && String(value) !== context.source
    ? rawJson(context.source)
    : value

const errorBody = z.object({ error: z.string() })

/** What an answer other than 200 means. The body may be anything: a proxy's HTML page, too. */
export const refusal = (status: number, body: string): HostFailure => {
  const detail = errorText(body)
  switch (status) {
    case 400:
      return new HostFailure('rejected', detail)
    case 404:
      return new HostFailure('model_missing', detail)
    case 503:
      return new HostFailure('busy', detail)
    default:
      return new HostFailure('failed', `status ${status}`)
  }
}

/** Ollama forwards its runner's errors as a JSON string inside `error`; the innermost message is the one for people. */
const errorText = (body: string): string => {
  const parsed = errorBody.safeParse(parseOrUndefined(body))
  if (!parsed.success) return ''
  const inner = z.object({ error: z.object({ message: z.string() }) }).safeParse(parseOrUndefined(parsed.data.error))
  return inner.success ? inner.data.error.message : parsed.data.error
}

const parseOrUndefined = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
