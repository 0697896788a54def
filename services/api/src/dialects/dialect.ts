import type { Problem } from '@drover/shared/errors/problem'
import type { FinishReason, Logprob, StreamEvent, ToolCall, Usage } from '@drover/shared/events'
import type { JobClass } from '@drover/shared/queues'
import type { ModelRequest } from '@drover/shared/requests'
import type { QueuePlace } from '../admission/placement.ts'
import type { Operation } from '../openapi/operation.ts'

/**
 * A client's wire format: a pure pair of functions around the internal request and the stream of events.
 * @typeParam Echo what the answer needs to know of the body (whether usage was asked for, what it has to repeat, …).
 */
export interface Dialect<Echo = unknown> {
  /** `parse` checks with its schema of the body. */
  readonly operation: Operation
  /** Throws `DroverError` naming the field for anything the client got wrong. */
  parse(body: unknown): ParsedRequest<Echo>
  /** `content-type` of a streamed answer. */
  readonly streamType: string
  stream(meta: AnswerMeta<Echo>): StreamRenderer
  /** The one JSON body of an answer that is not streamed: one `Answer` per request. */
  body(meta: AnswerMeta<Echo>, answers: readonly Answer[]): object
  /** @param requestId of the refused request, where the format has a place for it. */
  errorBody(problem: Problem, requestId: string): object
}

export interface ParsedRequest<Echo = unknown> {
  /** As the client wrote it. */
  readonly model: string
  /** One per answer: more than one where the client wants several (OpenAI's `n`, a list of prompts). At least one. */
  readonly requests: readonly ModelRequest[]
  readonly stream: boolean
  /** The answer begins with the prompt. */
  readonly repeatsPrompt?: boolean
  /** What the body says of its urgency, if anything. */
  readonly class?: JobClass
  /** What the dialect left out, as `x-drover-adjusted` says it. */
  readonly adjusted?: readonly string[]
  readonly echo: Echo
}

export interface AnswerMeta<Echo = unknown> {
  /** The response's id, without a dialect's prefix. */
  readonly id: string
  /** The model's name as the client wrote it. */
  readonly model: string
  readonly createdAtMs: number
  /** How many answers there are. */
  readonly choices: number
  readonly echo: Echo
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
  /** Of the text's tokens, in order; undefined when none were asked for. */
  readonly logprobs: readonly Logprob[] | undefined
  /** Of an embedding: float32, little-endian, in base64. */
  readonly vectors: readonly string[]
  readonly reason: FinishReason
  readonly usage: Usage
  readonly timings: Extract<StreamEvent, { type: 'end' }>['timings']
  readonly contextJson: string | undefined
  /** Who gave it; undefined when the log does not say. */
  readonly start: Extract<StreamEvent, { type: 'start' }> | undefined
}
