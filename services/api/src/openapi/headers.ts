import { jobClasses } from '@drover/shared/queues'
import type { JsonObject } from './schemas.ts'

/** Headers of the reference. `docs/api.md` tells more of them. */

interface Header {
  readonly description: string
  readonly schema: JsonObject
}

const text = { type: 'string' }
const count = { type: 'integer', minimum: 0 }

/** Of requests that ask a model. */
export const askHeaders = (deadlineMs: number): Readonly<Record<string, Header>> => ({
  'x-drover-class': {
    description: 'How urgent it is. It wins over what the body says.',
    schema: { ...text, enum: jobClasses, default: 'interactive' },
  },
  'x-drover-deadline-ms': {
    description: 'From arrival to the last byte. What cannot be met is refused at once.',
    schema: { type: 'integer', minimum: 1, maximum: deadlineMs, default: deadlineMs },
  },
})

const ids: Readonly<Record<string, Header>> = {
  'x-request-id': { description: 'Of every answer. Also its id in `GET /v1/queue`.', schema: text },
  'request-id': { description: 'The same, for clients of Anthropic.', schema: text },
}

/** Of whatever answers a request that asks a model, as far as it got. */
const asked: Readonly<Record<string, Header>> = {
  'x-drover-adjusted': {
    description: 'What is not as the request had it: `keep_alive=1800, num_ctx, think`.',
    schema: text,
  },
  'x-drover-cache': {
    description: 'Of a request whose answer is kept.',
    schema: { ...text, enum: ['hit', 'miss'] },
  },
  'x-drover-queue-position': {
    description: 'Its place among those that waited when it came; 1 is the next to be started.',
    schema: { type: 'integer', minimum: 1 },
  },
  'x-drover-queue-eta-ms': {
    description: 'Expected from then until it is started. Missing while nothing was measured yet.',
    schema: count,
  },
  'x-ratelimit-limit-requests': {
    description: 'How many requests of its class may wait for the model, those of all callers together.',
    schema: count,
  },
  'x-ratelimit-remaining-requests': { description: 'How many more may come now.', schema: count },
  'x-ratelimit-reset-requests': {
    description: 'When none of those that wait now waits any longer: `20ms`, `1.2s`, `6m0s`.',
    schema: text,
  },
}

/** Of its answer, not of its refusal. A stream whose headers leave while it waits has none of them. */
const answered: Readonly<Record<string, Header>> = {
  'x-drover-host': { description: 'The host that answers.', schema: text },
  'x-drover-queue-ms': { description: 'How long it waited.', schema: count },
  'x-drover-attempts': { description: 'How many hosts it took.', schema: { type: 'integer', minimum: 1 } },
}

const refused: Readonly<Record<string, Header>> = {
  'retry-after': {
    description: 'Seconds. Missing where asking again does not help.',
    schema: { type: 'integer', minimum: 1, maximum: 60 },
  },
  'x-should-retry': { description: 'Where asking again does not help.', schema: { ...text, const: 'false' } },
}

export const responseHeaders = { ...ids, ...asked, ...answered, ...refused }

const references = (headers: object): Readonly<Record<string, JsonObject>> =>
  Object.fromEntries(Object.keys(headers).map(name => [name, { $ref: `#/components/headers/${name}` }]))

export const headersOf = (asks: boolean): { readonly answer: JsonObject; readonly refusal: JsonObject } => {
  const all = { ...ids, ...(asks && asked) }
  return { answer: references({ ...all, ...(asks && answered) }), refusal: references({ ...all, ...refused }) }
}
