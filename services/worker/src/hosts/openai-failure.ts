import { z } from 'zod'
import { HostFailure, type HostFailureKind } from './host-failure.ts'
import { parseOrUndefined } from './json-text.ts'

/** What an error of OpenAI's endpoints means. */

const told = z.object({
  message: z.string().catch('').default(''),
  type: z.string().nullish().catch(undefined),
  /** A word; a status where vLLM or llama.cpp tell it. */
  code: z.union([z.string(), z.number()]).nullish().catch(undefined),
})
type Told = z.output<typeof told>

/** The `error` of a body. Null, which some hosts send with every chunk, is none. */
export const errorMember = z
  .union([told, z.string().transform((message): Told => ({ message })), z.null()])
  .transform(error => error ?? undefined)

const body = z.union([
  z.object({ error: errorMember }).transform(({ error }) => error),
  // vLLM's, before 0.10.1.
  told,
])

const kinds = new Map<number, HostFailureKind>([
  [400, 'rejected'],
  [413, 'rejected'],
  [422, 'rejected'],
  // Of llama.cpp, where it was not started for embeddings.
  [501, 'unsupported'],
  [404, 'model_missing'],
  [429, 'busy'],
  // Of llama.cpp while it loads its model, too.
  [503, 'busy'],
])

/**
 * What llama.cpp answers with 500, as if it had crashed, and is the request's: only the words tell. Unrecognised, each costs
 * every host its good name.
 */
const requestsFault = /^Unsupported param|is not supported with tools|prefill is incompatible/

/** What this model cannot do, or was not started for: llama.cpp says it with 500, vLLM with 400. */
const lack = /^(?:image|audio) input is not supported| does not support |is not a multimodal model|requires --/

/** An answer other than 200. The body may be anything: a proxy's HTML page, too. */
export const refusal = (status: number, text: string): HostFailure => {
  if (status === 401 || status === 403) return new HostFailure('failed', 'it refuses the API key')
  const parsed = body.safeParse(parseOrUndefined(text))
  const words = parsed.success && parsed.data ? wordsOf(parsed.data) : ''
  return new HostFailure(kindOf(status, words) ?? 'failed', words || `status ${status}`)
}

const kindOf = (status: number, words: string): HostFailureKind | undefined => {
  if ((status === 400 || status === 500) && lack.test(words)) return 'unsupported'
  return status === 500 && requestsFault.test(words) ? 'rejected' : kinds.get(status)
}

/** An error that came as part of a stream. Before the rest of an answer it means what it does as a status. */
export const errorEvent = (error: Told, begun: boolean): HostFailure =>
  new HostFailure((begun ? undefined : kinds.get(statusOf(error))) ?? 'error_line', wordsOf(error))

/** A prompt that is too long is known by the words, which not everybody who has a code for it uses. */
const wordsOf = ({ message, type, code }: Told): string => {
  const isTooLong = code === 'context_length_exceeded' || type === 'exceed_context_size_error'
  return isTooLong && !/context (length|size)/i.test(message) ? `context length exceeded: ${message}` : message
}

const statusOf = ({ type, code }: Told): number => {
  if (typeof code === 'number') return code
  if (code === 'model_not_found') return 404
  if (type === 'rate_limit_error') return 429
  return type === 'invalid_request_error' ? 400 : 500
}
