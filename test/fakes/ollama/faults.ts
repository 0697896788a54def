import { z } from 'zod'

const probePaths = ['/api/version', '/api/tags', '/api/ps'] as const
export type ProbePath = (typeof probePaths)[number]

/**
 * What can be told to go wrong. `afterTokens` counts the tokens written before the fault strikes, of embeddings the vectors; the whole answer
 * when it is shorter.
 */

const afterTokens = z.int().min(0).max(1_000_000)
const bytesMax = 64 * 1024 * 1024
const probePath = z.enum(probePaths)

const faultSchema = z.discriminatedUnion('kind', [
  /** The first token comes this much later. */
  z.strictObject({ kind: z.literal('delay'), ms: z.number().min(0).max(3_600_000) }),
  /** Accepts the request and never sends a byte. */
  z.strictObject({ kind: z.literal('neverAnswer') }),
  /** What Ollama says when its queue for loads is full. */
  z.strictObject({ kind: z.literal('busy') }),
  /** Any status with any body: a 500 with Ollama's out-of-memory text, a proxy's 502 page. */
  z.strictObject({ kind: z.literal('status'), status: z.int().min(200).max(599), body: z.string().max(bytesMax) }),
  /** Silence until the client leaves. */
  z.strictObject({ kind: z.literal('stall'), afterTokens }),
  /** The connection is reset (RST). */
  z.strictObject({ kind: z.literal('reset'), afterTokens }),
  /** Half of a JSON line, then a clean end of the body. */
  z.strictObject({ kind: z.literal('halfLine'), afterTokens }),
  /** A line of HTML between the tokens. */
  z.strictObject({ kind: z.literal('garbage'), afterTokens }),
  /** Ollama's `{"error":"…"}` line, then the end; before the first token, as there, a 500. */
  z.strictObject({ kind: z.literal('errorLine'), afterTokens, message: z.string().max(bytesMax) }),
  /** A clean end of the body without a `done` line; of embeddings, without the vectors that were still to come. */
  z.strictObject({ kind: z.literal('eof'), afterTokens }),
  /** One token of this many bytes between the others: a line of its own in a stream; of embeddings, a vector. */
  z.strictObject({
    kind: z.literal('bigLine'),
    bytes: z.int().min(1).max(bytesMax),
    afterTokens: afterTokens.default(0),
  }),
  /** The answer is right, and every byte is a write of its own. */
  z.strictObject({ kind: z.literal('splitBytes') }),
  /** A probe is answered 200 with HTML: all of them, or the one that is named. */
  z.strictObject({ kind: z.literal('probeGarbage'), path: probePath.optional() }),
  /** Never answered. */
  z.strictObject({ kind: z.literal('probeHang'), path: probePath.optional() }),
  /** Answered 200 with this text as JSON: numbers beyond belief, wrong kinds, half an object. */
  z.strictObject({ kind: z.literal('probeBody'), path: probePath, body: z.string().max(bytesMax) }),
  /** A list of so many models, none of which exists. */
  z.strictObject({
    kind: z.literal('probeFlood'),
    path: probePath.exclude(['/api/version']),
    models: z.int().min(1).max(200_000),
  }),
])

export type Fault = z.infer<typeof faultSchema>
export type FaultInput = z.input<typeof faultSchema>
/** Faults that strike between two tokens. */
export type StreamFault = Extract<Fault, { afterTokens: number }>
export type ProbeFault = Extract<Fault, { kind: `probe${string}` }>
export type RequestFault = Exclude<Fault, ProbeFault>

/** The body of `POST /_fake/faults`; what is absent stays as it is. */
export const faultScriptSchema = z.strictObject({
  /** For the next requests, one each, after those already waiting. */
  next: z.array(faultSchema).max(10_000).default([]),
  /** Standing: for every request the queue has nothing for. The first one for requests counts, and the first one for each probe. */
  every: z
    .array(faultSchema)
    .max(1 + probePaths.length)
    .optional(),
  /** Refuses connections for so long, then listens again. */
  downMs: z.int().min(0).max(600_000).optional(),
})

const isProbeFault = (fault: Fault): fault is ProbeFault => fault.kind.startsWith('probe')
const isRequestFault = (fault: Fault): fault is RequestFault => !isProbeFault(fault)

export const isStreamFault = (fault: Fault | undefined): fault is StreamFault =>
  fault !== undefined && 'afterTokens' in fault

export class Faults {
  #next: Fault[] = []
  #every: Fault[] = []

  /** Queues faults for the next requests, one each. */
  next(...faults: FaultInput[]): void {
    this.#next.push(...faults.map(fault => faultSchema.parse(fault)))
  }

  /** Replaces the standing faults. */
  every(...faults: FaultInput[]): void {
    this.#every = faults.map(fault => faultSchema.parse(fault))
  }

  clear(): void {
    this.#next = []
    this.#every = []
  }

  /** The fault of a chat, generate or embed request that has just come in. */
  takeForRequest(): RequestFault | undefined {
    return this.#take(isRequestFault)
  }

  takeForProbe(path: ProbePath): ProbeFault | undefined {
    return this.#take((fault): fault is ProbeFault => isProbeFault(fault) && (fault.path ?? path) === path)
  }

  #take<F extends Fault>(concerns: (fault: Fault) => fault is F): F | undefined {
    const queued = this.#next.find(concerns)
    if (queued === undefined) return this.#every.find(concerns)
    this.#next.splice(this.#next.indexOf(queued), 1)
    return queued
  }
}
