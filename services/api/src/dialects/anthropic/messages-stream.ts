import type { StreamEvent } from '@drover/shared/events'
import type { AnswerMeta, StreamRenderer } from '../dialect.ts'
import { oneLine } from '../json.ts'
import { comment } from '../openai/sse.ts'
import { blockFrames } from './block-frames.ts'
import { anthropicError } from './error.ts'
import { frame } from './frame.ts'
import { message, messageUsage, stopReason } from './messages-answer.ts'

const nothingYet = { content: [], stopReason: null, usage: { promptTokens: 0, completionTokens: 0 } }

/**
 * Anthropic's events. `message_start` says 0 tokens, because nobody has counted yet; `message_delta` has both counts,
 * and clients take them over from there. `message_start` has to be the first event, so what keeps the connection alive
 * is a comment before it and Anthropic's `ping` after it.
 */
export const messagesStream = (meta: AnswerMeta): StreamRenderer => {
  const blocks = blockFrames(meta)
  let started = false

  const start = (): string => {
    if (started) return ''
    started = true
    return frame('message_start', `,"message":${oneLine(JSON.stringify(message(meta, nothingYet)))}`)
  }

  const end = ({ reason, usage }: Extract<StreamEvent, { type: 'end' }>): string => {
    const delta = `{"stop_reason":"${stopReason(reason, blocks.calls)}","stop_sequence":null}`
    return blocks.close() + frame('message_delta', `,"delta":${delta},"usage":${JSON.stringify(messageUsage(usage))}`)
  }

  const frames = (event: StreamEvent): string => {
    switch (event.type) {
      case 'text':
      case 'reasoning':
        return blocks.say(event.type, event.text)
      case 'tool_calls':
        return event.calls.map(call => blocks.call(call)).join('')
      case 'end':
        return end(event)
      case 'start':
      case 'released':
      case 'embeddings':
      case 'error':
      case 'cancelled':
        return ''
    }
  }

  return {
    events: (_choice, events) => {
      let text = ''
      for (const event of events) text += start() + frames(event)
      return text
    },
    heartbeat: place => (started ? frame('ping') : comment(place)),
    close: () => frame('message_stop'),
    error: problem => `event: error\ndata: ${oneLine(JSON.stringify(anthropicError(problem, meta.id)))}\n\n`,
  }
}
