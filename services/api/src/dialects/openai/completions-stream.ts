import type { Logprob, StreamEvent, Usage } from '@drover/shared/events'
import type { AnswerMeta, StreamRenderer } from '../dialect.ts'
import { oneLine, quote } from '../json.ts'
import { createdS } from './chat-answer.ts'
import { completionId, finishReason, legacyLogprobs, lengthOf, prefixOf } from './completions-answer.ts'
import type { CompletionsEcho } from './completions-request.ts'
import { comment, endMarker, errorFrame } from './sse.ts'
import { totalUsage } from './usage.ts'

/** OpenAI's chunks of a text completion as server-sent events. Runs once per token, like those of a chat. */
export const completionsStream = (meta: AnswerMeta<CompletionsEcho>): StreamRenderer => {
  const { includeUsage, perPrompt } = meta.echo
  const head = `data: {"id":${quote(completionId(meta))},"object":"text_completion","created":${createdS(meta)},"model":${quote(meta.model)},"choices":[`
  const tail = `]${includeUsage ? ',"usage":null' : ''}}\n\n`
  const usages: Usage[] = Array.from({ length: meta.choices }, () => ({ promptTokens: 0, completionTokens: 0 }))
  const choices = usages.map((_, index) => choiceRenderer(meta, index, head, tail))
  return {
    events: (index, events) => {
      const render = choices[index]
      if (render === undefined) throw new RangeError(`no choice ${index}`)
      let frames = ''
      for (const event of events) {
        frames += render(event)
        if (event.type === 'end') usages[index] = event.usage
      }
      return frames
    },
    heartbeat: comment,
    close: () => {
      const usage = includeUsage ? `${head}],"usage":${JSON.stringify(totalUsage(usages, perPrompt))}}\n\n` : ''
      return usage + endMarker
    },
    error: errorFrame,
  }
}

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
