import { z } from 'zod'
import { isInt64, toJson } from './json.ts'

/**
 * Ollama's `options`. A host answers 500 to a wrong type, so the ones it knows are checked here;
 * one it does not know is passed on, for hosts newer than this table. What of it is honoured, admission decides.
 */

type JsonNumber = number | bigint
interface Check {
  readonly is: (value: unknown) => boolean
  readonly problem: string
}
interface Kind<T> extends Check {
  readonly is: (value: unknown) => value is T
  /** In JSON Schema's words. */
  readonly schema: { readonly type: string; readonly format?: string; readonly items?: object }
}

const isNumber = (value: unknown): value is JsonNumber => typeof value === 'number' || typeof value === 'bigint'
const isString = (value: unknown): value is string => typeof value === 'string'

const integer: Kind<JsonNumber> = {
  schema: { type: 'integer', format: 'int64' },
  is: (value): value is JsonNumber => isInt64(value),
  problem: 'must be a 64-bit integer',
}
const number: Kind<JsonNumber> = { schema: { type: 'number' }, is: isNumber, problem: 'must be a number' }
const flag: Kind<boolean> = {
  schema: { type: 'boolean' },
  is: value => typeof value === 'boolean',
  problem: 'must be true or false',
}
const strings: Kind<string[]> = {
  schema: { type: 'array', items: { type: 'string' } },
  is: (value): value is string[] => Array.isArray(value) && value.every(isString),
  problem: 'must be a list of strings',
}
const flat: Check = {
  is: value => isNumber(value) || isString(value) || typeof value === 'boolean' || Array.isArray(value),
  problem: 'must be a string, a number, true, false or a list',
}

const flatSchema = { type: ['string', 'number', 'boolean', 'array', 'null'] }

const known = {
  num_keep: integer,
  num_predict: integer,
  seed: integer,
  top_k: integer,
  repeat_last_n: integer,
  temperature: number,
  top_p: number,
  min_p: number,
  typical_p: number,
  repeat_penalty: number,
  presence_penalty: number,
  frequency_penalty: number,
  stop: strings,
  num_ctx: integer,
  num_batch: integer,
  num_gpu: integer,
  main_gpu: integer,
  num_thread: integer,
  draft_num_predict: integer,
  use_mmap: flag,
}

const kindOf = (name: string): Check => (Object.hasOwn(known, name) ? known[name as keyof typeof known] : flat)

/** One of them, where a dialect has it beside the others. */
export const option = <Name extends keyof typeof known>(name: Name) =>
  z
    .custom<(typeof known)[Name] extends Kind<infer T> ? T : never>(known[name].is, known[name].problem)
    .meta(known[name].schema)
    .nullish()

const orNull = (schema: { readonly type: string }): object => ({ ...schema, type: [schema.type, 'null'] })

/** More than twice as many as Ollama has. */
const optionsMax = 100

/** The result is raw JSON text per option, in which null is absent. */
export const options = z
  .record(z.string(), z.unknown(), 'must be an object')
  .meta({
    id: 'OllamaOptions',
    description: `Options of Ollama; others than these are passed on. Those that would have a host load the model anew are \
left out, but \`num_ctx\` up to what operators allow; \`x-drover-adjusted\` names them.`,
    properties: Object.fromEntries(Object.entries(known).map(([name, kind]) => [name, orNull(kind.schema)])),
    additionalProperties: flatSchema,
  })
  .refine(given => Object.keys(given).length <= optionsMax, `must have at most ${optionsMax} options`)
  .transform((given, context): Record<string, string> => {
    for (const [name, value] of Object.entries(given)) {
      const { is, problem } = kindOf(name)
      if (value !== null && !is(value))
        context.addIssue({ code: 'custom', path: [name], input: value, message: problem })
    }
    return optionsJson(given)
  })

/** Raw JSON text per option; null and undefined are absent. */
export const optionsJson = (given: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name, toJson(value)]],
    ),
  )
