import { z } from 'zod'
import { HostFailure } from './host-failure.ts'
import { parseOrUndefined } from './json-text.ts'
import { usage } from './openai-answer.ts'

const embeddings = z.object({
  data: z.array(
    z.object({ index: z.int().nonnegative().nullish(), embedding: z.union([z.string(), z.array(z.number())]) }),
  ),
  usage,
})

/**
 * The answer to one request for embeddings: a vector per input, in their order, as events carry them. Throws HostFailure.
 * @param dimensions what was asked for: a host that does not know the field sends vectors as long as ever.
 */
export const readVectors = (
  json: string,
  count: number,
  dimensions: number | undefined,
): { readonly vectors: string[]; readonly promptTokens: number } => {
  const parsed = embeddings.safeParse(parseOrUndefined(json))
  if (!parsed.success) throw new HostFailure('failed', '/v1/embeddings answered something else than embeddings')
  const { data } = parsed.data
  if (data.length !== count) throw new HostFailure('failed', `it sent ${data.length} vectors for ${count} inputs`)
  const vectors = data
    .map(({ index, embedding }, position) => ({ index: index ?? position, bytes: bytesOf(embedding) }))
    .sort((a, b) => a.index - b.index)
    .map(({ bytes }) => bytes)
  for (const bytes of vectors) {
    const { length } = bytes
    if (length === 0 || length % 4 !== 0 || !isFinite32(bytes))
      throw new HostFailure('failed', 'it sent a vector that is none')
    if (dimensions !== undefined && length !== dimensions * 4)
      throw new HostFailure('unsupported', `its vectors have ${length / 4} dimensions, always`)
  }
  return { vectors: vectors.map(bytes => bytes.toString('base64')), promptTokens: parsed.data.usage?.promptTokens ?? 0 }
}

/** float32, little-endian. */
const bytesOf = (embedding: string | readonly number[]): Buffer =>
  typeof embedding === 'string' ? Buffer.from(embedding, 'base64') : Buffer.from(Float32Array.from(embedding).buffer)

/** Exponents of all ones are infinities and what is no number; no JSON can say them. */
const isFinite32 = (bytes: Buffer): boolean => {
  for (let at = 0; at < bytes.length; at += 4) if (!Number.isFinite(bytes.readFloatLE(at))) return false
  return true
}
