import type { Problem } from '@drover/shared/errors/problem'
import type { FinishReason, StreamEvent, ToolCall, Usage } from '@drover/shared/events'
import type { ChatRequest, JobClass } from '@drover/shared/queues'
import type { QueuePlace } from '../admission/placement.ts'

/** A client's wire format: a pure pair of functions around one internal request and one stream of events. */
export interface Dialect {
  /** Throws `DroverError` naming the field for anything the client got wrong. */
  parse(body: unknown): ParsedChat
  /** `content-type` of a streamed answer. */
  readonly streamType: string
  stream(meta: AnswerMeta): StreamRenderer
  /** The one JSON body of an answer that is not streamed: one `Answer` per choice. */
  body(meta: AnswerMeta, answers: readonly Answer[]): object
  errorBody(problem: Problem): object
}

export interface ParsedChat {
  /** As the client wrote it. */
  readonly model: string
  /** How many answers it wants (OpenAI's `n`). */
  readonly choices: number
  readonly stream: boolean
  readonly includeUsage: boolean
  /** What the body says of its urgency, if anything. */
  readonly class?: JobClass
  readonly request: ChatRequest
}

export interface AnswerMeta {
  /** The response's id, without a dialect's prefix. */
  readonly id: string
  /** The model's name as the client wrote it. */
  readonly model: string
  readonly createdAtMs: number
  readonly choices: number
  readonly includeUsage: boolean
}

/** Text of the frames; the route writes them. */
export interface StreamRenderer {
  /** Frames for a batch of one choice's events; '' when they say nothing. Never sees `error` or `cancelled`. */
  events(choice: number, events: readonly StreamEvent[]): string
  /** Keeps a quiet connection alive, and says where the request stands if it waits. */
  heartbeat(place?: QueuePlace): string
  /** After the `end` of every choice. */
  close(): string
  /** One well-formed error; the stream then closes without its end marker. */
  error(problem: Problem): string
}

export interface Answer {
  readonly text: string
  readonly reasoning: string
  readonly toolCalls: readonly ToolCall[]
  readonly reason: FinishReason
  readonly usage: Usage
  readonly timings: Extract<StreamEvent, { type: 'end' }>['timings']
}
