import type { StreamEvent, ToolCall } from '@drover/shared/events'
import type { Answer } from './dialects/dialect.ts'

/** How an answer that is not streamed came out. */
export type Collected =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | ({ readonly kind: 'error' } & Pick<Extract<StreamEvent, { type: 'error' }>, 'code' | 'params'>)
  | { readonly kind: 'cancelled' }

/**
 * Reads one choice up to its terminal event, then lets go of the source.
 * A log has exactly one terminal event, so a source that ends without it is a bug and throws.
 */
export const collectAnswer = async (entries: AsyncIterable<readonly StreamEvent[]>): Promise<Collected> => {
  let text = ''
  let reasoning = ''
  const toolCalls: ToolCall[] = []
  for await (const events of entries) {
    for (const event of events) {
      switch (event.type) {
        case 'start':
        case 'released':
          break
        case 'text':
          text += event.text
          break
        case 'reasoning':
          reasoning += event.text
          break
        case 'tool_calls':
          toolCalls.push(...event.calls)
          break
        case 'end': {
          const { reason, usage, timings } = event
          return { kind: 'answer', answer: { text, reasoning, toolCalls, reason, usage, timings } }
        }
        case 'error':
          return { kind: 'error', code: event.code, params: event.params }
        case 'cancelled':
          return { kind: 'cancelled' }
      }
    }
  }
  throw new Error('the events ended without a terminal one')
}
