import type { Logprob, StreamEvent } from '@drover/shared/events'
import type { AnswerMeta, StreamRenderer } from '../dialect.ts'
import { oneLine, quote } from '../json.ts'
import { chunkStream } from './chunks.ts'
import { completionId, finishReason, legacyLogprobs, lengthOf, prefixOf } from './completions-answer.ts'
import type { CompletionsEcho } from './completions-request.ts'

/** Of a text completion. */
export const completionsStream = (meta: AnswerMeta<CompletionsEcho>): StreamRenderer =>
  chunkStream(meta, {
    id: completionId(meta),
    object: 'text_completion',
    includeUsage: meta.echo.includeUsage,
    perPrompt: meta.echo.perPrompt,
    choice: (index, head, tail) => choiceRenderer(meta, index, head, tail),
  })

const choiceRenderer = (meta: AnswerMeta<CompletionsEcho>, index: number, head: string, tail: string) => {
  const open = `${head}{"text":`
  const middle = `,"index":${index},"logprobs":`
  const close = `,"finish_reason":null}${tail}`
  const plainClose = `${middle}null${close}`
  const prefix = prefixOf(meta.echo, index)
  let opened = false
  let offset = 0

  const weights = (logprobs: readonly Logprob[]): string => {
    const json = oneLine(JSON.stringify(legacyLogprobs(logprobs, offset)))
    offset += logprobs.reduce((sum, { token }) => sum + lengthOf(token), 0)
    return json
  }

  const frames = (event: StreamEvent): string => {
    switch (event.type) {
      case 'text': {
        const rest = event.logprobs === undefined ? plainClose : middle + weights(event.logprobs) + close
        return open + quote(event.text) + rest
      }
      case 'end':
        return `${open}""${middle}null,"finish_reason":"${finishReason(event.reason)}"}${tail}`
      case 'reasoning':
      case 'tool_calls':
      case 'start':
      case 'released':
      case 'embeddings':
      case 'error':
      case 'cancelled':
        return ''
    }
  }

  /** A log has one `start` per attempt; the client sees its prompt once. */
  return (event: StreamEvent): string => {
    if (opened || prefix === '') return frames(event)
    opened = true
    return open + quote(prefix) + plainClose + frames(event)
  }
}
