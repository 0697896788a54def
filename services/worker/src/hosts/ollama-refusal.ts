import { z } from 'zod'
import { HostFailure, type HostFailureKind } from './host-failure.ts'
import { parseOrUndefined } from './json-text.ts'

/** What it means that Ollama answers with another status than 200. */

const kinds = new Map<number, HostFailureKind>([
  // All that a request gets wrong, on every endpoint: inputs that are too long, too.
  [400, 'rejected'],
  [413, 'rejected'],
  // Of llama-server, handed on: "This server does not support embeddings".
  [501, 'unsupported'],
  [404, 'model_missing'],
  // Of a proxy ahead of it.
  [429, 'busy'],
  [503, 'busy'],
])

/**
 * What Ollama calls an error of its own and is the request's: a wrong option, a wrong format. It has 500 for these as for a crash, and no code: only the words tell. Unrecognised, they cost a request
 * for each host and every host its good name.
 */
const requestsFault = [
  /^option "[^"]{1,100}" must be of /,
  /^invalid format: /,
  /^this model only supports one image /,
  /^(?:system|assistant|tool) message cannot contain images$/,
  // Of a client's own `template`, and of one of a model that has no words for such a conversation.
  /^template: /,
  /^no (?:messages provided|user query found in messages)$/,
  /^invalid thinking value /,
  /^unsupported .{1,100} reasoning effort /,
  // A `context` that is not this model's.
  /^detokenize error: /,
] as const

/** What this model cannot do, or this version of the host; 500 where there is no projector for images. */
const lack = / does not support |^image input is not supported/

export const refusal = (status: number, body: string): HostFailure => {
  const kind = kinds.get(status)
  const words = wordsOf(body)
  if ((status === 400 || status === 500) && lack.test(words)) return new HostFailure('unsupported', words)
  if (kind !== undefined) return new HostFailure(kind, words)
  if (status === 500 && requestsFault.some(pattern => pattern.test(words))) return new HostFailure('rejected', words)
  if (status === 403 && words.startsWith('ollama cloud is disabled')) return new HostFailure('rejected', words)
  return new HostFailure('failed', `status ${status}`)
}

const told = z.object({ error: z.string() })
const runners = z.object({ error: z.object({ message: z.string() }) })

/** Ollama forwards its runner's errors as a JSON string inside `error`; the innermost message is the one for people. */
const wordsOf = (body: string): string => {
  const parsed = told.safeParse(parseOrUndefined(body))
  if (!parsed.success) return ''
  const inner = runners.safeParse(parseOrUndefined(parsed.data.error))
  return inner.success ? inner.data.error.message : parsed.data.error
}
