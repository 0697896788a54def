import type { StreamEvent } from '@drover/shared/events'
import type { QueuePlace } from '../admission/placement.ts'
import { merge } from './merge.ts'

/** The answers of one request while they come, from a host or from where they are kept. */
export interface Answering {
  /** One per answer, each with exactly one terminal event, its last. To be read once. */
  readonly streams: readonly AsyncGenerator<readonly StreamEvent[]>[]
  /** Where it stands now; undefined when none of it waits, or nobody knows. */
  findPlace(): Promise<QueuePlace | undefined>
  /** Nobody reads on: what has not ended is cancelled. Closing twice is harmless. */
  close(): void
}

/** A batch of one answer's events. */
export interface Batch {
  readonly index: number
  readonly value: readonly StreamEvent[]
}

/** Every event of every answer, as they come. */
export async function* batchesOf(streams: Answering['streams']): AsyncGenerator<Batch> {
  const [only] = streams
  if (only !== undefined && streams.length === 1) for await (const value of only) yield { index: 0, value }
  else yield* merge(streams)
}
