import type { ModelRequest } from '@drover/shared/requests'
import { createHash } from 'node:crypto'

/** Everything that an answer depends on. */
export interface Question {
  readonly caller: string
  /** The group that answers. */
  readonly model: string
  /** What is set on every request for the model, beneath the request's own; raw JSON text per option. */
  readonly defaults: Readonly<Record<string, string>>
  /** Of the guard's configuration: another one would let something else pass. */
  readonly guardDigest: string
}

/**
 * One per request, under which its answer is kept: equal for requests that would be answered the same. Undefined when
 * one of them would be answered differently each time. Where the same is asked several times at once, each has its own.
 */
export const cacheKeys = (requests: readonly ModelRequest[], question: Question): string[] | undefined => {
  // Several choices are one and the same request, of as many megabytes as there may be.
  const digests = new Map([...new Set(requests)].map(request => [request, digestOfRequest(request, question)]))
  const times = new Map<string, number>()
  const keys: string[] = []
  for (const request of requests) {
    const digest = digests.get(request)
    if (digest === undefined) return undefined
    const nth = times.get(digest) ?? 0
    times.set(digest, nth + 1)
    const { caller, model, guardDigest } = question
    keys.push(digestOf(JSON.stringify([caller, model, guardDigest, nth, digest])))
  }
  return keys
}

/** Undefined for a request that would be answered differently each time. */
const digestOfRequest = (request: ModelRequest, { defaults }: Question): string | undefined => {
  const asked = { ...request, options: { ...defaults, ...request.options } }
  // How long the model stays loaded afterwards is no part of the answer.
  return isDeterministic(asked) ? digestOf(canonicalJson({ ...asked, keepAliveS: undefined })) : undefined
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A negative seed is a new one each time, to Ollama. */
const isDeterministic = ({ kind, options }: ModelRequest): boolean => {
  switch (kind) {
    case 'embed':
      return true
    case 'chat':
    case 'generate':
      return Number(options['seed'] ?? -1) >= 0 || Number(options['temperature'] ?? 1) === 0
    case 'load':
      return false
  }
}

/** The order of an object's keys says nothing. */
const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
