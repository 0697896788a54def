import type { FinishReason, ToolCall } from '@drover/shared/events'
import type { Answer, AnswerMeta } from '../dialect.ts'
import { choiceLogprobs } from './logprobs.ts'
import { totalUsage } from './usage.ts'

/** OpenAI's ChatCompletion, and what its chunks share with it. */

export const completionId = (meta: AnswerMeta): string => `chatcmpl-${meta.id}`
export const createdS = (meta: AnswerMeta): number => Math.floor(meta.createdAtMs / 1000)

/** Strict clients refuse any other value; `load` and `unload` are Ollama's own. */
export const finishReason = (reason: FinishReason, toolCalls: number): string => {
  if (reason === 'length' || reason === 'content_filter') return reason
  return toolCalls > 0 ? 'tool_calls' : 'stop'
}

/** A host may leave the id out; a client needs one that is its own. */
export const toolCallId = (meta: AnswerMeta, choice: number, index: number, call: ToolCall): string =>
  call.id === '' ? `call_${meta.id}_${choice}_${index}` : call.id

export const openaiBody = (meta: AnswerMeta, answers: readonly Answer[]): object => ({
  id: completionId(meta),
  object: 'chat.completion',
  created: createdS(meta),
  model: meta.model,
  choices: answers.map((answer, index) => choice(meta, index, answer)),
  usage: totalUsage(answers.map(answer => answer.usage)),
})

const choice = (meta: AnswerMeta, index: number, answer: Answer): object => {
  const calls = answer.toolCalls.map((call, at) => ({
    id: toolCallId(meta, index, at, call),
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }))
  return {
    index,
    message: {
      role: 'assistant',
      content: answer.text === '' && calls.length > 0 ? null : answer.text,
      refusal: null,
      // Clients read one name or the other.
      ...(answer.reasoning !== '' && { reasoning_content: answer.reasoning, reasoning: answer.reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
    logprobs: answer.logprobs === undefined ? null : choiceLogprobs(answer.logprobs),
    finish_reason: finishReason(answer.reason, calls.length),
  }
}
