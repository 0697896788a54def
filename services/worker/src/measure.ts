import type { StreamEvent } from '@drover/shared/events'
import { promptChars, type ModelRequest } from '@drover/shared/requests'
import { sampleOf, type Sample } from './speed.ts'

export interface Listener {
  /** The model is not in the host's memory. */
  readonly cold: boolean
  /** The first piece of the answer came: the model is in memory. */
  begun(): void
  ended(sample: Sample): void
  /** It did nothing but have the model loaded, after so long. */
  loaded(loadMs: number): void
}

/** Passes a generation on and says how fast it was. One that fails or is stopped says nothing about speed. */
export async function* measured(
  events: AsyncIterable<StreamEvent[]>,
  request: ModelRequest,
  listener: Listener,
): AsyncGenerator<StreamEvent[]> {
  const startedMs = performance.now()
  let firstTokenMs: number | undefined
  for await (const batch of events) {
    const nowMs = performance.now() - startedMs
    if (firstTokenMs === undefined) listener.begun()
    firstTokenMs ??= nowMs
    const end = batch.at(-1)
    if (end?.type === 'end' && request.kind === 'load') {
      // One that was in memory is done at once, which says nothing about jobs.
      if (listener.cold) listener.loaded(nowMs)
    } else if (end?.type === 'end') {
      listener.ended(
        sampleOf(end, { cold: listener.cold, firstTokenMs, totalMs: nowMs, promptChars: promptChars(request) }),
      )
    }
    yield batch
  }
}
