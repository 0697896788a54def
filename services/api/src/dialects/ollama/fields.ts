import type { ModelRequest } from '@drover/shared/requests'
import { z } from 'zod'
import { base64Schema, isBase64 } from '../image.ts'
import { keepAlive } from '../keep-alive.ts'
import { toJson } from '../json.ts'
import { options } from '../options.ts'
import { think } from '../think.ts'

/** Fields that Ollama's requests have in common. Null means absent, as it does to Ollama; fields it does not know are ignored. */

export const string = z.string('must be a string')
export const boolean = z.boolean('must be true or false')
export const object = z.record(z.string(), z.unknown(), 'must be an object')
export const images = z.array(
  string.refine(isBase64, 'must be an image in base64').meta(base64Schema),
  'must be a list of images in base64',
)

/** Of every request. */
export const common = {
  model: string
    .min(1, 'is required')
    .max(256, 'must have at most 256 characters')
    .meta({ description: 'One of `GET /api/tags`.' }),
  options: options.nullish(),
  keep_alive: keepAlive.nullish(),
}

const alternatives = 'must be an integer from 0 to 20'

/** Of requests that are answered with text. */
export const answered = {
  ...common,
  stream: boolean.nullish().meta({ description: 'Absent: true.' }),
  format: z.union([z.literal(['json', '']), object], 'must be "json" or a JSON schema').nullish(),
  think: think.nullish().meta({ description: 'Left out for a model that cannot think.' }),
  logprobs: boolean.nullish().meta({ description: 'Refused where answers are scanned before they are shown.' }),
  top_logprobs: z.int(alternatives).min(0, alternatives).max(20, alternatives).nullish(),
  truncate: boolean.nullish(),
  shift: boolean.nullish(),
}

type Common = z.output<z.ZodObject<typeof common>>
type Answered = z.output<z.ZodObject<typeof answered>>

export const commonOf = ({ options: given, keep_alive: keepAliveS }: Common) => ({
  options: given ?? {},
  keepAliveS: keepAliveS ?? undefined,
})

export const answeredOf = (body: Answered) => ({
  ...commonOf(body),
  formatJson: body.format ? toJson(body.format) : undefined,
  think: body.think ?? undefined,
  topLogprobs: body.logprobs ? (body.top_logprobs ?? 0) : undefined,
  truncate: body.truncate ?? undefined,
  shift: body.shift ?? undefined,
})

/** What a request asks for that has nothing to be answered. */
export const loadOf = (body: Common): ModelRequest => ({ kind: 'load', ...commonOf(body) })
