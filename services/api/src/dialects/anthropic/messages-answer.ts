import type { FinishReason, ToolCall, Usage } from '@drover/shared/events'
import type { Answer, AnswerMeta } from '../dialect.ts'
import { exactly } from '../json.ts'

/** Anthropic's Message, and what its stream shares with it. */

/** A host never says which of the stop sequences it met, so that is the end of a turn like any other. */
export const stopReason = (reason: FinishReason, toolCalls: number): string => {
  if (reason === 'length') return 'max_tokens'
  if (reason === 'content_filter') return 'refusal'
  return toolCalls > 0 ? 'tool_use' : 'end_turn'
}

/** Whatever a host has in its cache, it counts as read. */
export const messageUsage = ({ promptTokens, completionTokens }: Usage): object => ({
  input_tokens: promptTokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: completionTokens,
})

/** A host may leave the id out; a client needs one that is its own. */
export const toolUseId = (meta: AnswerMeta, index: number, call: ToolCall): string =>
  call.id === '' ? `toolu_${meta.id}_${index}` : call.id

interface Said {
  readonly content: readonly object[]
  readonly stopReason: string | null
  readonly usage: Usage
}

export const message = (meta: AnswerMeta, { content, stopReason: reason, usage }: Said): object => ({
  id: `msg_${meta.id}`,
  type: 'message',
  role: 'assistant',
  model: meta.model,
  content,
  stop_reason: reason,
  stop_sequence: null,
  usage: messageUsage(usage),
})

export const messagesAnswer = (meta: AnswerMeta, [answer]: readonly Answer[]): object => {
  if (answer === undefined) throw new RangeError('no answer')
  return message(meta, {
    content: blocks(meta, answer),
    stopReason: stopReason(answer.reason, answer.toolCalls.length),
    usage: answer.usage,
  })
}

/** None of them empty: a client sends them back. */
const blocks = (meta: AnswerMeta, { reasoning, text, toolCalls }: Answer): object[] => [
  ...(reasoning === '' ? [] : [{ type: 'thinking', thinking: reasoning, signature: '' }]),
  ...(text === '' ? [] : [{ type: 'text', text }]),
  ...toolCalls.map((call, index) => ({
    type: 'tool_use',
    id: toolUseId(meta, index, call),
    name: call.name,
    input: exactly(call.arguments),
  })),
]
