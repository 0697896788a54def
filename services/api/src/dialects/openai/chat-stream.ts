import type { Logprob, StreamEvent, ToolCall } from '@drover/shared/events'
import type { AnswerMeta, StreamRenderer } from '../dialect.ts'
import { oneLine, quote } from '../json.ts'
import { completionId, finishReason, toolCallId } from './chat-answer.ts'
import type { ChatEcho } from './chat-request.ts'
import { chunkStream } from './chunks.ts'
import { choiceLogprobs } from './logprobs.ts'

/** Of a chat. */
export const openaiStream = (meta: AnswerMeta<ChatEcho>): StreamRenderer =>
  chunkStream(meta, {
    id: completionId(meta),
    object: 'chat.completion.chunk',
    includeUsage: meta.echo.includeUsage,
    choice: (index, head, tail) => choiceRenderer(meta, index, head, tail),
  })

const choiceRenderer = (meta: AnswerMeta, index: number, head: string, tail: string) => {
  const open = `${head}{"index":${index},"delta":`
  const goesOn = `,"finish_reason":null}${tail}`
  const close = `,"logprobs":null${goesOn}`
  const textOpen = `${open}{"content":`
  const textClose = `}${close}`
  let opened = false
  let toolCalls = 0

  const frames = (event: StreamEvent): string => {
    switch (event.type) {
      case 'text':
        return event.logprobs === undefined
          ? textOpen + quote(event.text) + textClose
          : `${textOpen}${quote(event.text)}}${weights(event.logprobs)}${goesOn}`
      case 'reasoning': {
        const text = quote(event.text)
        return `${open}{"reasoning_content":${text},"reasoning":${text}}${close}`
      }
      case 'tool_calls':
        return event.calls.map(call => toolCallFrames(call, toolCalls++)).join('')
      case 'end':
        return `${open}{},"logprobs":null,"finish_reason":"${finishReason(event.reason, toolCalls)}"}${tail}`
      case 'start':
      case 'released':
      case 'embeddings':
      case 'error':
      case 'cancelled':
        return ''
    }
  }

  /** Identity first, arguments after it, as clients accumulate them. */
  const toolCallFrames = (call: ToolCall, at: number): string => {
    const id = quote(toolCallId(meta, index, at, call))
    const identity = `{"index":${at},"id":${id},"type":"function","function":{"name":${quote(call.name)},"arguments":""}}`
    const rest = `{"index":${at},"function":{"arguments":${quote(call.arguments)}}}`
    return `${open}{"tool_calls":[${identity}]}${close}${open}{"tool_calls":[${rest}]}${close}`
  }

  /** A log has one `start` per attempt; the client sees one role. */
  return (event: StreamEvent): string => {
    if (opened) return frames(event)
    opened = true
    return `${open}{"role":"assistant","content":""}${close}${frames(event)}`
  }
}

const weights = (logprobs: readonly Logprob[]): string =>
  `,"logprobs":${oneLine(JSON.stringify(choiceLogprobs(logprobs)))}`
