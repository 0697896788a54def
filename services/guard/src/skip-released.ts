import type { StreamEvent } from '@drover/shared/events'

/**
 * Drops from a repeated sequence of releases what `released` holds already. Text is counted by characters, because
 * the same text may be cut elsewhere the second time; all other events by kind.
 */
export const skipReleased = (released: readonly StreamEvent[]): ((events: readonly StreamEvent[]) => StreamEvent[]) => {
  const left = { text: 0, reasoning: 0, start: 0, released: 0, tool_calls: 0, embeddings: 0 }
  for (const event of released) {
    if (event.type === 'text' || event.type === 'reasoning') left[event.type] += event.text.length
    else if (event.type in left) left[event.type as keyof typeof left] += 1
  }
  const skip = (event: StreamEvent): StreamEvent[] => {
    switch (event.type) {
      case 'text':
      case 'reasoning': {
        const skipped = Math.min(left[event.type], event.text.length)
        left[event.type] -= skipped
        return skipped === event.text.length ? [] : [{ ...event, text: event.text.slice(skipped) }]
      }
      case 'start':
      case 'released':
      case 'tool_calls':
      case 'embeddings':
        if (left[event.type] === 0) return [event]
        left[event.type] -= 1
        return []
      case 'end':
      case 'error':
      case 'cancelled':
        return [event]
    }
  }
  return events => events.flatMap(skip)
}
