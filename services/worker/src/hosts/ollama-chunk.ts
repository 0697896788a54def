import type { FinishReason, Logprob, StreamEvent } from '@drover/shared/events'
import { z } from 'zod'
import { HostFailure } from './host-failure.ts'

/** What the lines of Ollama's streamed answers have in common. */

/** What a host says of itself is used in sums: an absurd figure counts as none. */
const upTo = (max: number) => z.number().nonnegative().max(max).catch(0).default(0)
export const tokens = upTo(1e7)
/** Up to a day. */
export const ns = upTo(86_400e9)

const weighed = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.number()).nullish() })

const told = ({ bytes, ...token }: z.output<typeof weighed>) => (bytes ? { ...token, bytes } : token)

const logprobs = z.array(
  weighed
    .extend({ top_logprobs: z.array(weighed).nullish() })
    .transform(({ top_logprobs: top, ...token }): Logprob => ({ ...told(token), top: (top ?? []).map(told) })),
)

/** Fields of a chunk beside what is said. */
export const chunkFields = {
  error: z.string().optional(),
  done: z.boolean().default(false),
  done_reason: z.string().default(''),
  logprobs: logprobs.nullish(),
  total_duration: ns,
  load_duration: ns,
  prompt_eval_count: tokens,
  prompt_eval_duration: ns,
  eval_count: tokens,
  eval_duration: ns,
}

const common = z.object(chunkFields)
type Chunk = z.output<typeof common>

/** Throws HostFailure for a line that is no such chunk, and for the host's own error line. */
export const readChunk = <T extends Chunk>(
  schema: z.ZodType<T>,
  line: string,
  parse: (json: string) => unknown = JSON.parse,
): T => {
  const parsed = schema.safeParse(parseLine(line, parse))
  if (!parsed.success) throw new HostFailure('failed', 'it sent a line that is no chunk of an answer')
  const { error } = parsed.data
  if (error !== undefined) throw new HostFailure(error === repeated ? 'gave_up' : 'error_line', error)
  return parsed.data
}

/** After some 30 equal tokens. Before 0.34 such an answer only ends, as that of a host that dies may. */
const repeated = 'prediction aborted, token repeat limit reached'

const parseLine = (line: string, parse: (json: string) => unknown): unknown => {
  try {
    return parse(line)
  } catch {
    throw new HostFailure('failed', 'it sent a line that is not JSON')
  }
}

/** Weights may come without text, of a token that is thought or not whole yet: they are told with an empty one. */
export const saidEvents = (thinking: string, text: string, weights: Chunk['logprobs']): StreamEvent[] => [
  ...(thinking === '' ? [] : [{ type: 'reasoning', text: thinking } as const]),
  ...(text === '' && !weights?.length
    ? []
    : [{ type: 'text', text, ...(weights?.length ? { logprobs: weights } : {}) } as const]),
]

export type EndEvent = Extract<StreamEvent, { type: 'end' }>

export const endEvent = (chunk: Chunk): EndEvent => ({
  type: 'end',
  reason: finishReason(chunk.done_reason),
  usage: { promptTokens: chunk.prompt_eval_count, completionTokens: chunk.eval_count },
  timings: {
    totalNs: chunk.total_duration,
    loadNs: chunk.load_duration,
    promptEvalNs: chunk.prompt_eval_duration,
    evalNs: chunk.eval_duration,
  },
})

const finishReason = (doneReason: string): FinishReason => {
  switch (doneReason) {
    case 'length':
    case 'load':
    case 'unload':
      return doneReason
    default:
      return 'stop'
  }
}
