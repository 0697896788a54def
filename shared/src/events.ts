import { z } from 'zod'
import { errorCodes } from './errors/catalogue.ts'

/** What crosses a response log. A log is a list of entries; an entry is a non-empty batch of these. */

/** A whole tool call: Ollama never streams parts of one. `arguments` stays raw JSON text, so big integers survive. */
export const toolCall = z.object({ id: z.string(), name: z.string(), arguments: z.string() })

export const usage = z.object({ promptTokens: z.number(), completionTokens: z.number() })

/** The host's own timings in nanoseconds, as Ollama reports them (absent = 0). */
export const timings = z.object({
  totalNs: z.number(),
  loadNs: z.number(),
  promptEvalNs: z.number(),
  evalNs: z.number(),
})

export const finishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter', 'load', 'unload'])

/** One token as the model weighed it. `bytes` are its UTF-8, where the host tells. */
const weighed = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.number()).optional() })
export const logprob = z.object({ ...weighed.shape, top: z.array(weighed).default([]) })

/** Values a localised message is filled with; never prompt or answer text. */
export const errorParams = z.record(z.string(), z.union([z.string(), z.number()]))

export const streamEvent = z.discriminatedUnion('type', [
  /**
   * First event of every attempt: the claim on the log. `by` is the worker process, whose heartbeat says if it lives;
   * `model` the group that answers, which is another than was asked of where a fallback does.
   */
  z.object({
    type: z.literal('start'),
    host: z.string(),
    by: z.string(),
    tries: z.number(),
    queuedMs: z.number(),
    model: z.string().optional(),
  }),
  /** The attempt gave up before any output; another may go on though this one's worker lives. */
  z.object({ type: z.literal('released') }),
  z.object({ type: z.literal('text'), text: z.string(), logprobs: z.array(logprob).optional() }),
  z.object({ type: z.literal('reasoning'), text: z.string() }),
  z.object({ type: z.literal('tool_calls'), calls: z.array(toolCall) }),
  /** Vectors of the inputs that follow those told before: float32, little-endian, in base64. */
  z.object({ type: z.literal('embeddings'), vectors: z.array(z.string()) }),
  /** `contextJson`: what a later request without roles may go on from, as the host wrote it. */
  z.object({ type: z.literal('end'), reason: finishReason, usage, timings, contextJson: z.string().optional() }),
  z.object({ type: z.literal('error'), code: z.enum(errorCodes), params: errorParams }),
  z.object({ type: z.literal('cancelled') }),
])

export type StreamEvent = z.infer<typeof streamEvent>
export type ToolCall = z.infer<typeof toolCall>
export type Usage = z.infer<typeof usage>
export type Logprob = z.infer<typeof logprob>
export type FinishReason = z.infer<typeof finishReason>
export type TerminalEvent = Extract<StreamEvent, { type: 'end' | 'error' | 'cancelled' }>

export const isTerminal = (event: StreamEvent): event is TerminalEvent =>
  event.type === 'end' || event.type === 'error' || event.type === 'cancelled'

/**
 * Whether a client may have seen something of it. Vectors are given when all are there: before the end, another attempt
 * may begin afresh.
 */
export const isVisible = ({ type }: StreamEvent): boolean =>
  type !== 'start' && type !== 'released' && type !== 'embeddings'

const entryEvents = z.array(streamEvent).min(1)

export const encodeEvents = (events: readonly StreamEvent[]): string => JSON.stringify(events)

/** The only parser of what a log or its channel carries. Throws on anything that is not a batch of events. */
export const decodeEvents = (payload: string): StreamEvent[] => entryEvents.parse(JSON.parse(payload))
