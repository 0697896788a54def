import { z } from 'zod'
import { isInt64 } from '../json.ts'
import { keepAlive } from '../keep-alive.ts'
import { option, options, optionsJson } from '../options.ts'

/** Fields that several of OpenAI's requests have. Null means absent. */

export const integer = (min: number, max: number, problem: string) =>
  z.int(problem).min(min, problem).max(max, problem).nullish()

const range = (min: number, max: number) => {
  const problem = `must be a number from ${min} to ${max}`
  return z.number(problem).min(min, problem).max(max, problem).nullish()
}

export const string = z.string('must be a string')
export const flag = z.boolean('must be true or false').nullish()
export const object = z.record(z.string(), z.unknown(), 'must be an object')
export const tokens = integer(1, Number.MAX_SAFE_INTEGER, 'must be an integer of at least 1')

const modelName = 'must be the name of a model: a string of 1 to 256 characters'
export const model = z
  .string(modelName)
  .min(1, modelName)
  .max(256, modelName)
  .meta({ description: 'One of `GET /v1/models`.' })

const stopSequence = string.min(1, 'must not be an empty string')
const stopCount = 'must be a string or a list of 1 to 4 strings'

export const streaming = {
  stream: flag,
  stream_options: z
    .object({ include_usage: flag }, 'must be an object')
    .nullish()
    .meta({ description: 'Ignored without `stream`.' }),
}

export const sampling = {
  temperature: range(0, 2),
  top_p: range(0, 1),
  frequency_penalty: range(-2, 2),
  presence_penalty: range(-2, 2),
  seed: z
    .custom<number | bigint>(isInt64, 'must be a 64-bit integer')
    .meta({ type: 'integer', format: 'int64' })
    .nullish(),
  stop: z.union([stopSequence, z.array(stopSequence).min(1, stopCount).max(4, stopCount)], stopCount).nullish(),
  logit_bias: object
    .refine(bias => Object.keys(bias).length === 0, 'must be empty or absent: Ollama cannot bias tokens')
    .meta({ maxProperties: 0 })
    .nullish()
    .meta({ description: 'Refused unless it is empty: hosts cannot bias tokens.' }),
}

export const serviceTier = z.unknown().optional().meta({
  description:
    '`flex` can wait: it means class `background`, unless `x-drover-class` says otherwise. Others are ignored.',
})

/** What OpenAI does not know: Ollama's options, the ones that are asked for most as fields of their own. */
export const extensions = {
  keep_alive: keepAlive.nullish(),
  options: options.nullish(),
  num_ctx: option('num_ctx').meta({ description: 'Over its namesake in `options`, like the others.' }),
  top_k: option('top_k'),
  min_p: option('min_p'),
  repeat_penalty: option('repeat_penalty'),
}

const generation = z.object({ ...sampling, ...extensions })

/** Absent ones stay absent: the model's own defaults are better than OpenAI's. A field wins over an entry of `options`. */
export const optionsOf = (
  body: z.output<typeof generation>,
  maxTokens: number | null | undefined,
): Record<string, string> => ({
  ...body.options,
  ...optionsJson({
    num_predict: maxTokens,
    temperature: body.temperature,
    top_p: body.top_p,
    frequency_penalty: body.frequency_penalty,
    presence_penalty: body.presence_penalty,
    seed: body.seed,
    stop: typeof body.stop === 'string' ? [body.stop] : body.stop,
    num_ctx: body.num_ctx,
    top_k: body.top_k,
    min_p: body.min_p,
    repeat_penalty: body.repeat_penalty,
  }),
})
