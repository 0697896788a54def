import type { StreamEvent, Usage } from '@drover/shared/events'
import type { AnswerMeta, StreamRenderer } from '../dialect.ts'
import { quote } from '../json.ts'
import { createdS } from './chat-answer.ts'
import { comment, endMarker, errorFrame } from './sse.ts'
import { totalUsage } from './usage.ts'

export interface Chunks {
  readonly id: string
  readonly object: 'chat.completion.chunk' | 'text_completion'
  readonly includeUsage: boolean
  /** As `totalUsage`. */
  readonly perPrompt?: number
  /** Renders the events of one choice between what all chunks begin and end with. */
  choice(index: number, head: string, tail: string): (event: StreamEvent) => string
}

/**
 * OpenAI's chunks as server-sent events. Runs once per token, so all that does not change is joined up front.
 * No healthy chunk has an `error` key: clients test for the key, not for its value.
 */
export const chunkStream = (meta: AnswerMeta, chunks: Chunks): StreamRenderer => {
  const { id, object, includeUsage, perPrompt } = chunks
  const head = `data: {"id":${quote(id)},"object":"${object}","created":${createdS(meta)},"model":${quote(meta.model)},"choices":[`
  const tail = `]${includeUsage ? ',"usage":null' : ''}}\n\n`
  const usages: Usage[] = Array.from({ length: meta.choices }, () => ({ promptTokens: 0, completionTokens: 0 }))
  const choices = usages.map((_, index) => chunks.choice(index, head, tail))
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
