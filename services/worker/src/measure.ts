import type { StreamEvent } from '@drover/shared/events'
import type { ChatRequest } from '@drover/shared/queues'
import { promptChars } from '@drover/shared/scheduling/affinity'
import { sampleOf, type Sample } from './speed.ts'

export interface Listener {
  /** The model is not in the host's memory. */
  readonly cold: boolean
  /** The first piece of the answer came: the model is in memory. */
  begun(): void
  ended(sample: Sample): void
}

/** Passes a generation on and says how fast it was. One that fails or is stopped says nothing about speed. */
export async function* measured(
  events: AsyncIterable<StreamEvent[]>,
  request: ChatRequest,
  listener: Listener,
): AsyncGenerator<StreamEvent[]> {
  const startedMs = performance.now()
  let firstTokenMs: number | undefined
  for await (const batch of events) {
    const nowMs = performance.now() - startedMs
    if (firstTokenMs === undefined) listener.begun()
    firstTokenMs ??= nowMs
    const end = batch.at(-1)
    if (end?.type === 'end') {
      const chars = request.messages.reduce((sum, message) => sum + promptChars(message), 0)
      listener.ended(sampleOf(end, { cold: listener.cold, firstTokenMs, totalMs: nowMs, promptChars: chars }))
    }
    yield batch
  }
}
