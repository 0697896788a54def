import type { Problem } from '@drover/shared/errors/problem'
import type { FinishReason, Logprob, ToolCall, Usage } from '@drover/shared/events'
import type { Answer, AnswerMeta } from '../dialect.ts'
import { createdS } from './chat-answer.ts'
import { tokenLogprob } from './logprobs.ts'
import { keptCharsMax, type ResponsesEcho } from './responses-echo.ts'
import { textOfArguments } from './responses-offer.ts'

/** OpenAI's Response, and what its stream shares with it. */

type Meta = AnswerMeta<ResponsesEcho>
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

const responseId = (meta: AnswerMeta): string => `resp_${meta.id}`

/** An item that is told in pieces, as its one part. */
export interface TextKind {
  /** Of its id. */
  readonly prefix: 'msg' | 'rs'
  /** What the events of its part and of the part's text are called, and where they say which part it is. */
  readonly events: {
    readonly part: string
    readonly text: string
    readonly index: 'content_index' | 'summary_index'
    readonly hasLogprobs: boolean
  }
  readonly part: (text: string, logprobs: readonly object[]) => object
  readonly item: (id: string, status: ItemStatus, parts: readonly object[]) => object
}

/** Thoughts are told as their summary: some clients read nothing else, and many that read both would show them twice. */
export const textKinds = {
  text: {
    prefix: 'msg',
    events: { part: 'response.content_part', text: 'response.output_text', index: 'content_index', hasLogprobs: true },
    part: (text, logprobs) => ({ type: 'output_text', text, annotations: [], logprobs }),
    item: (id, status, content) => ({ id, type: 'message', role: 'assistant', status, content }),
  },
  reasoning: {
    prefix: 'rs',
    events: {
      part: 'response.reasoning_summary_part',
      text: 'response.reasoning_summary_text',
      index: 'summary_index',
      hasLogprobs: false,
    },
    part: text => ({ type: 'summary_text', text }),
    item: (id, status, summary) => ({ id, type: 'reasoning', status, summary }),
  },
} as const satisfies Record<string, TextKind>

/** @param index among the items of its kind. */
export const itemId = (meta: AnswerMeta, prefix: string, index: number): string => `${prefix}_${meta.id}_${index}`

/** Makes the items of a response's calls. A host may leave their ids out or repeat them, and clients need them unique. */
export const callItems = (meta: Meta) => {
  const callIds = new Set<string>()
  let count = 0
  return ({ id: given, name, arguments: args }: ToolCall) => {
    const index = count++
    const callId = given === '' || callIds.has(given) ? `call_${meta.id}_${index}` : given
    callIds.add(callId)
    const tool = meta.echo.toolsOfClient.get(name) ?? { type: 'function', name }
    const called = {
      status: 'completed',
      call_id: callId,
      name: tool.name,
      ...(tool.namespace && { namespace: tool.namespace }),
    }
    return tool.type === 'custom'
      ? ({ id: itemId(meta, 'ctc', index), type: 'custom_tool_call', ...called, input: textOfArguments(args) } as const)
      : ({ id: itemId(meta, 'fc', index), type: 'function_call', ...called, arguments: args } as const)
  }
}

/** How a response is, or ended. */
export interface Ending {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  readonly reason?: 'max_output_tokens' | 'content_filter'
  readonly problem?: Problem
  readonly usage?: Usage
}

export const endingOf = (reason: FinishReason, usage: Usage): Ending => {
  switch (reason) {
    case 'length':
      return { status: 'incomplete', reason: 'max_output_tokens', usage }
    case 'content_filter':
      return { status: 'incomplete', reason: 'content_filter', usage }
    case 'stop':
    case 'tool_calls':
    case 'load':
    case 'unload':
      return { status: 'completed', usage }
  }
}

export const statusOfLast = (ending: Ending): ItemStatus => (ending.status === 'completed' ? 'completed' : 'incomplete')

/** @param output its items so far. */
export const response = (meta: Meta, ending: Ending, output: readonly object[]) => ({
  id: responseId(meta),
  object: 'response',
  created_at: createdS(meta),
  status: ending.status,
  error: ending.problem === undefined ? null : responseError(ending.problem),
  incomplete_details: ending.reason === undefined ? null : { reason: ending.reason },
  model: meta.model,
  output,
  ...meta.echo.said,
  store: meta.echo.store && meta.echo.chars + JSON.stringify(output).length <= keptCharsMax,
  usage: ending.usage === undefined ? null : responseUsage(ending.usage),
})

/** Strict clients know no other codes; the catalogue's own is the type. */
const responseError = ({ type, code, message }: Problem): object => {
  const codes: Readonly<Record<string, string>> = {
    invalid_request_error: 'invalid_prompt',
    rate_limit_error: 'rate_limit_exceeded',
  }
  return { code: codes[type] ?? 'server_error', message, type: code }
}

const responseUsage = ({ promptTokens, completionTokens }: Usage): object => ({
  input_tokens: promptTokens,
  // Hosts do not tell what of it they had in their cache, nor which tokens were thoughts.
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: completionTokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: promptTokens + completionTokens,
})

export const logprobsOf = (list: readonly Logprob[] | undefined): object[] => (list ?? []).map(tokenLogprob)

export const responsesAnswer = (meta: Meta, [answer]: readonly Answer[]) => {
  if (answer === undefined) throw new RangeError('a response without an answer')
  const ending = endingOf(answer.reason, answer.usage)
  return response(meta, ending, outputOf(meta, answer, statusOfLast(ending)))
}

/** Thoughts, a text, calls; of nothing at all, an empty text. */
const outputOf = (meta: Meta, answer: Answer, lastStatus: ItemStatus): object[] => {
  const whole = (kind: TextKind, text: string, logprobs: readonly object[]) => (status: ItemStatus) =>
    kind.item(itemId(meta, kind.prefix, 0), status, [kind.part(text, logprobs)])
  const callItem = callItems(meta)
  const hasThoughts = answer.reasoning !== ''
  const hasText = answer.text !== '' || answer.logprobs !== undefined
  const isNothing = !hasThoughts && !hasText && answer.toolCalls.length === 0
  const items = [
    ...(hasThoughts ? [whole(textKinds.reasoning, answer.reasoning, [])] : []),
    ...(hasText || isNothing ? [whole(textKinds.text, answer.text, logprobsOf(answer.logprobs))] : []),
    ...answer.toolCalls.map(call => () => callItem(call)),
  ]
  return items.map((make, index) => make(index === items.length - 1 ? lastStatus : 'completed'))
}

/** Of what it may have said until then, nothing is told again. */
export const failedResponse = (meta: Meta, problem: Problem) => response(meta, { status: 'failed', problem }, [])
