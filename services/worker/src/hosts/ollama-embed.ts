import { z } from 'zod'
import { HostFailure } from './host-failure.ts'
import { parseOrUndefined } from './json-text.ts'
import { ns, tokens } from './ollama-chunk.ts'

/** What `/api/embed` answers. */

/** Inputs of one request: between two there is progress to tell, and a client that left is noticed. */
export const embedInputsMax = 32

/** Largest answer to one: 32 vectors of 16,384 numbers, each of 32 characters. */
export const embedBytesMax = 16 * 1024 * 1024

const answer = z.object({
  embeddings: z.array(z.array(z.number()).min(1)),
  total_duration: ns,
  load_duration: ns,
  prompt_eval_count: tokens,
})

export interface Embedded {
  /** As events carry them: float32, little-endian, in base64. */
  readonly vectors: string[]
  readonly promptTokens: number
  readonly totalNs: number
  readonly loadNs: number
}

/** A vector per input, in their order. Throws HostFailure. */
export const readEmbeddings = (json: string, inputs: number): Embedded => {
  const parsed = answer.safeParse(parseOrUndefined(json))
  if (!parsed.success) throw new HostFailure('failed', '/api/embed answered something else than embeddings')
  const { embeddings, total_duration: totalNs, load_duration: loadNs, prompt_eval_count: promptTokens } = parsed.data
  // A host that was cut short sends those it has.
  if (embeddings.length !== inputs)
    throw new HostFailure('failed', `it sent ${embeddings.length} vectors for ${inputs} inputs`)
  return { vectors: embeddings.map(float32), promptTokens, totalNs, loadNs }
}

const float32 = (vector: readonly number[]): string => {
  const floats = Float32Array.from(vector)
  if (!floats.every(Number.isFinite)) throw new HostFailure('failed', 'it sent a vector with what is no number')
  return Buffer.from(floats.buffer).toString('base64')
}
